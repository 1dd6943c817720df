"""Phone starts of an alignment against exact ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.phones import bare, is_silence

# The synthesisers' schwa, which ARPABET as pocketsphinx has it does not know.
_SAME = {"AX": "AH", "AXR": "ER"}


def label(phone: str) -> str:
    """A phone without stress, `ax` as `ah`."""
    name = bare(phone).upper()
    return _SAME.get(name, name)


def phone_start_errors(alignment: Alignment, exact: Sequence[tuple[float, str]]) -> list[float]:
    """|aligned - exact| in seconds for each exact phone but silence, paired by edit distance; inf where unpaired."""
    ours = [(phone.start_s, label(phone.label)) for phone in alignment.spoken_phones]
    theirs = [(start, label(phone)) for start, phone in exact if not is_silence(phone)]
    cost = np.zeros((len(theirs) + 1, len(ours) + 1))
    cost[:, 0], cost[0] = np.arange(len(theirs) + 1), np.arange(len(ours) + 1)
    for i, (_, a) in enumerate(theirs):
        for j, (_, b) in enumerate(ours):
            cost[i + 1, j + 1] = min(cost[i, j] + (a != b), cost[i, j + 1] + 1, cost[i + 1, j] + 1)
    errors: list[float] = []
    i, j = len(theirs), len(ours)
    while i:
        if j and cost[i, j] == cost[i - 1, j - 1] + (theirs[i - 1][1] != ours[j - 1][1]):
            errors.append(abs(ours[j - 1][0] - theirs[i - 1][0]))
            i, j = i - 1, j - 1
        elif j and cost[i, j] == cost[i, j - 1] + 1:
            j -= 1
        else:
            errors.append(float("inf"))
            i -= 1
    return errors
