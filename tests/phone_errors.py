"""Phone starts of an alignment against exact ones."""

from __future__ import annotations

from collections.abc import Sequence

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.phones import is_silence
from kmtalk_align.quality.pairing import comparable_phone, pairs


def phone_start_errors(alignment: Alignment, exact: Sequence[tuple[float, str]]) -> list[float]:
    """|aligned - exact| in seconds for each exact phone but silence, paired by edit distance; inf where unpaired."""
    ours = alignment.spoken_phones
    theirs = [(start, phone) for start, phone in exact if not is_silence(phone)]
    errors = [float("inf")] * len(theirs)
    for i, j in pairs([comparable_phone(one) for _, one in theirs], [comparable_phone(one.label) for one in ours]):
        errors[i] = abs(ours[j].start_s - theirs[i][0])
    return errors
