"""From a TextGrid as MFA and viter write it to an Alignment: clean labels, and the words that were not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from kmtalk_align.aligners.base import Aligned, Alignment, Interval
from kmtalk_align.errors import TextGridError
from kmtalk_align.phones import is_silence, without_position
from kmtalk_align.textgrid import read_textgrid

_UNKNOWN = "<unk>"
# MFA writes the length of the recording; what differs by more is of another one.
_SLACK_S = 0.1


def read_aligned(path: Path, words: Sequence[str], duration_s: float) -> Aligned:
    """What MFA's TextGrid says of a recording in which `words` are spoken.

    Phones lose Kaldi's position suffixes and keep stress; silence becomes a gap; `spn`, an unknown word, stays.
    Raises TextGridError where the file is malformed or of a recording of another length.
    """
    found = read_textgrid(path, duration_s=duration_s)
    if abs(found.duration_s - duration_s) > _SLACK_S:
        raise TextGridError(
            f"is {found.duration_s:.2f} s long, the recording {duration_s:.2f} s", where=path, fix="align it again"
        )
    phones = [replace(one, label=without_position(one.label)) for one in found.phones]
    heard = _within(found.words, duration_s)
    spelt, unknown = _spell([one.label for one in heard], words)
    named = tuple(replace(one, label=label) for one, label in zip(heard, spelt, strict=True))
    return Aligned(Alignment(named, _within(phones, duration_s), duration_s), unknown)


def _within(intervals: Sequence[Interval], duration_s: float) -> tuple[Interval, ...]:
    """The intervals but silence, none of which outlasts the recording."""
    return tuple(
        replace(one, end_s=min(one.end_s, duration_s))
        for one in intervals
        if not is_silence(one.label) and one.start_s < duration_s
    )


def _spell(heard: Sequence[str], words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """MFA's word labels, an unknown one by the word that stands in its place, and the unknown words once each.

    MFA may split a word in two or merge two, so that the places are counted between words that both have.
    """
    spelt = list(heard)
    unknown: dict[str, None] = {}
    matcher = SequenceMatcher(None, heard, words, autojunk=False)
    for _, first, last, start, stop in matcher.get_opcodes():
        if not any(_UNKNOWN in label for label in heard[first:last]):
            continue
        if last - first == stop - start:
            for place, word in zip(range(first, last), words[start:stop], strict=True):
                if _UNKNOWN in heard[place]:
                    spelt[place] = word
                    unknown[word] = None
        else:
            unknown.update(dict.fromkeys(words[start:stop] or [_UNKNOWN]))
    return spelt, tuple(unknown)
