"""Moments of speech that tell the most about a mouth: where the lips meet, and where it opens wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmtalk_align.errors import ConfigError
from kmtalk_align.frames import frame_of
from kmtalk_align.phones import bare, is_bilabial, is_silence, letters
from kmtalk_model.animation import Animation

if TYPE_CHECKING:
    from kmtalk_align.aligners.base import Interval

_COUNT = 6
# ARPABET's open vowels and diphthongs that begin so, and the IPA's letters of open and near-open vowels.
_OPEN_ARPABET = frozenset({"AA", "AE", "AH", "AO", "AW", "AY"})
_OPEN_IPA = frozenset("aæɐɑɒʌɶ")


@dataclass(frozen=True)
class Moment:
    """A frame, and its titles: the word and the phone that are spoken there, "" where none is known."""

    frame: int
    word: str = ""
    phone: str = ""


def moments_at(animation: Animation, times_s: Sequence[float]) -> list[Moment]:
    """The moments at given times. Raises ConfigError for a time beyond the animation."""
    for time_s in times_s:
        if not 0 <= time_s <= animation.duration_s:
            lasts = f"lasts {animation.duration_s:.2f} s"
            raise ConfigError(f"there is no such time: {animation.name} {lasts}", where=f"--at {time_s:g}")
    frames = (min(frame_of(time_s, animation.fps), animation.n_frames - 1) for time_s in times_s)
    return [_titled(animation, frame) for frame in frames]


def telling_moments(animation: Animation) -> list[Moment]:
    """Up to six moments in time: closures and open vowels by turns, each in the middle of its phone.

    Without such phones, where the face is furthest from rest; never twice the same frame.
    """
    spoken = [one for one in animation.phones if not is_silence(one.label)]
    closures = _spread([one for one in spoken if is_bilabial(one.label)], _COUNT // 2)
    opened = _spread([one for one in spoken if is_open_vowel(one.label)], _COUNT - len(closures))
    others = [one for one in spoken if one not in closures and one not in opened]
    chosen = [*closures, *opened, *_spread(others, _COUNT - len(closures) - len(opened))]
    frames = {_middle(one, animation) for one in chosen} or _furthest_from_rest(animation)
    return [_titled(animation, frame) for frame in sorted(frames)]


def is_open_vowel(label: str) -> bool:
    """Whether the mouth opens wide at a phone, in ARPABET or IPA."""
    plain = bare(label)
    return plain.upper() in _OPEN_ARPABET or (not plain.isupper() and letters(plain)[:1] in _OPEN_IPA)


def _spread(intervals: list[Interval], count: int) -> list[Interval]:
    """So many of them at most, from all over the clip."""
    if len(intervals) <= count:
        return intervals
    return [intervals[round(place)] for place in np.linspace(0, len(intervals) - 1, count)] if count > 0 else []


def _middle(phone: Interval, animation: Animation) -> int:
    return min(frame_of((phone.start_s + phone.end_s) / 2, animation.fps), animation.n_frames - 1)


def _furthest_from_rest(animation: Animation) -> set[int]:
    """Of as many stretches of equal length as there are moments, the frame of each that moved furthest."""
    moved = np.linalg.norm(animation.vertices - animation.template, axis=2).mean(axis=1)
    stretches = np.array_split(np.arange(animation.n_frames), min(_COUNT, animation.n_frames))
    return {int(one[moved[one].argmax()]) for one in stretches}


def _titled(animation: Animation, frame: int) -> Moment:
    time_s = frame / animation.fps
    return Moment(frame, _at(animation.words, time_s), _at(animation.phones, time_s))


def _at(intervals: Sequence[Interval], time_s: float) -> str:
    found = (one.label for one in intervals if one.start_s <= time_s < one.end_s and not is_silence(one.label))
    return next(found, "")
