"""Cues: visemes one after another that fill the time of a recording, in hundredths of a second as Rhubarb's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor

from kmtalk_align.aligners.base import Interval
from kmtalk_model.export.visemes.sets import VisemeSet

PER_SECOND = 100
# Of a phone that goes from one viseme to another, as Rhubarb times diphthongs.
_FIRST_SHARE = 0.6
# 2.97 s are 297 hundredths, though 2.97 * 100 is a little less.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Cue:
    """A viseme from start to end, in hundredths of a second."""

    start: int
    end: int
    viseme: str


def cues_of(phones: Sequence[Interval], duration_s: float, visemes: VisemeSet) -> list[Cue]:
    """The visemes of phones (in order, without overlap) from 0 to the recording's end, without gap or overlap.

    Where no phone is, there is silence; neighbours that look alike are one cue; what is shorter than 5 ms vanishes.
    Raises ConfigError for phones that the set doesn't know.
    """
    labels = visemes.in_capitals([one.label for one in phones])
    visemes.check(labels)
    phones = [replace(phone, label=label) for phone, label in zip(phones, labels, strict=True)]
    end = floor(duration_s * PER_SECOND + _ROUNDING)
    # Of those that start in the same hundredth the last one counts.
    starts = {min(round(start_s * PER_SECOND), end): viseme for start_s, viseme in _starts(phones, visemes)}
    ends = [*list(starts)[1:], end]
    found: list[Cue] = []
    for (start, viseme), stop in zip(starts.items(), ends, strict=True):
        if found and found[-1].viseme == viseme:
            found[-1] = Cue(found[-1].start, stop, viseme)
        elif start < stop:
            found.append(Cue(start, stop, viseme))
    return found


def _starts(phones: Sequence[Interval], visemes: VisemeSet) -> Iterator[tuple[float, str]]:
    """When each viseme starts, in seconds and in order; the first at 0."""
    yield 0.0, visemes.silence
    for number, phone in enumerate(phones):
        shapes = _shapes(phones[number:], visemes)
        yield phone.start_s, shapes[0]
        if len(shapes) > 1:
            yield phone.start_s + _FIRST_SHARE * (phone.end_s - phone.start_s), shapes[1]
        if number + 1 == len(phones) or phones[number + 1].start_s > phone.end_s:
            yield phone.end_s, visemes.silence


def _shapes(phones: Sequence[Interval], visemes: VisemeSet) -> tuple[str, ...]:
    """The visemes of the first phone; of one that takes the next one's, the first of these."""
    found = visemes.find(phones[0].label)
    if found:
        return found
    following = next((one for phone in phones[1:] if (one := visemes.find(phone.label))), (visemes.silence,))
    return following[:1]
