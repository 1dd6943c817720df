"""Selectors: which frames of an utterance are its key frames."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from kmtalk_align import blocks
from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import ConfigError
from kmtalk_align.frames import frame_of, nearest
from kmtalk_align.phones import is_silence

Source = Literal["phoneme", "uniform", "random", "fallback"]


@dataclass(frozen=True)
class Chosen:
    """Frames as a selector gives them: 0-based, before offset, clipping and anchoring."""

    frames: list[int]
    source: Source


class Selector(Protocol):
    """A rule that chooses frames."""

    @property
    def offset(self) -> int:
        """Frames added to each chosen frame."""
        ...

    @property
    def anchor_ends(self) -> bool:
        """Whether the first and the last frame are key frames too."""
        ...

    def choose(self, utterance_id: str, n_frames: int, fps: float, phones: list[Interval] | None) -> Chosen:
        """The frames of an utterance of `n_frames` at `fps`; `phones` is None where aligning failed."""
        ...


@dataclass(frozen=True)
class PhonemeSelector:
    """The start and end of every phone but silence (KMTalk Sec. 3.2, Phoneme-based Localization).

    Where there is no alignment the frames are uniform at `fallback_rate`, about the share that phones give.
    """

    kind: str = "phoneme"
    offset: int = 0
    anchor_ends: bool = True
    fallback_rate: float = 0.33

    def choose(self, utterance_id: str, n_frames: int, fps: float, phones: list[Interval] | None) -> Chosen:
        """See Selector.choose."""
        if phones is None:
            return Chosen(uniform_frames(n_frames, count(self.fallback_rate, n_frames)), "fallback")
        return Chosen(phone_boundary_frames(phones, fps), "phoneme")


@dataclass(frozen=True)
class UniformSelector:
    """Evenly spaced frames (KMTalk Sec. 4.2): a `rate` of all frames, or "matched", as many as the phones give."""

    kind: str = "uniform"
    rate: float | Literal["matched"] = 0.33
    offset: int = 0
    anchor_ends: bool = True
    fallback_rate: float = 0.33

    def choose(self, utterance_id: str, n_frames: int, fps: float, phones: list[Interval] | None) -> Chosen:
        """See Selector.choose."""
        wanted, matched = _wanted(self.rate, self.fallback_rate, n_frames, fps, phones)
        return Chosen(uniform_frames(n_frames, wanted), "uniform" if matched else "fallback")


@dataclass(frozen=True)
class RandomSelector:
    """As many frames as UniformSelector takes, drawn at random by `seed` and the utterance id alone."""

    kind: str = "random"
    rate: float | Literal["matched"] = 0.33
    seed: int = 0
    offset: int = 0
    anchor_ends: bool = True
    fallback_rate: float = 0.33

    def choose(self, utterance_id: str, n_frames: int, fps: float, phones: list[Interval] | None) -> Chosen:
        """See Selector.choose."""
        wanted, matched = _wanted(self.rate, self.fallback_rate, n_frames, fps, phones)
        if not matched:
            return Chosen(uniform_frames(n_frames, wanted), "fallback")
        seed = int.from_bytes(hashlib.sha256(f"{self.seed}\0{utterance_id}".encode()).digest())
        drawn = np.random.default_rng(seed).choice(n_frames, size=wanted, replace=False)
        return Chosen(drawn.tolist(), "random")


SELECTORS = {
    "phoneme": f"{__name__}:PhonemeSelector",
    "uniform": f"{__name__}:UniformSelector",
    "random": f"{__name__}:RandomSelector",
}


def selector(block: Mapping[str, Any]) -> Selector:
    """The selector that a config block describes. Raises ConfigError."""
    kind = blocks.load_class(SELECTORS, block, tag="kind", what="selector")
    made: Selector = blocks.build(kind, block, where=f"selector block, kind {block['kind']}")
    for key in ("rate", "fallback_rate"):
        rate = getattr(made, key, 0.0)
        if rate != "matched" and not 0 <= rate <= 1:
            raise ConfigError(
                f"is {rate}, not a share of the frames", where=f"selector block, key {key}", fix="give 0 to 1"
            )
    return made


def phone_boundary_frames(phones: Iterable[Interval], fps: float) -> list[int]:
    """Start and end frame of every phone but silence, in the order of the phones."""
    spoken = [phone for phone in phones if not is_silence(phone.label)]
    return [frame_of(time, fps) for phone in spoken for time in (phone.start_s, phone.end_s)]


def uniform_frames(n_frames: int, m: int) -> list[int]:
    """M evenly spaced frames of n_frames: ``floor((j + 0.5) * N / m)``."""
    return [math.floor((j + 0.5) * n_frames / m) for j in range(m)]


def count(rate: float, n_frames: int) -> int:
    """How many frames a rate means: ``max(2, round(rate * N))``, and no more than there are."""
    return min(n_frames, max(2, nearest(rate * n_frames)))


def finish(frames: Iterable[int], n_frames: int, *, offset: int, anchor_ends: bool) -> list[int]:
    """Key frame indices from chosen frames: offset, clip to [0, n_frames - 1], anchor the ends, sorted and unique."""
    clipped = {min(max(frame + offset, 0), n_frames - 1) for frame in frames}
    return sorted(clipped | ({0, n_frames - 1} if anchor_ends else set()))


def _wanted(
    rate: float | Literal["matched"], fallback_rate: float, n_frames: int, fps: float, phones: list[Interval] | None
) -> tuple[int, bool]:
    """How many frames to take, and whether that is what was asked for (not a fallback)."""
    if rate != "matched":
        return count(rate, n_frames), True
    if phones is None:
        return count(fallback_rate, n_frames), False
    boundaries = finish(phone_boundary_frames(phones, fps), n_frames, offset=0, anchor_ends=False)
    return min(n_frames, max(2, len(boundaries))), True
