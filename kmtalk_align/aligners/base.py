"""Aligners: one small protocol, and the Alignment that they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.phones import is_silence


@dataclass(frozen=True)
class Interval:
    """A labelled stretch of time in seconds; `score`: the engine's mean log-likelihood a frame, where it has one."""

    start_s: float
    end_s: float
    label: str
    score: float | None = None


@dataclass(frozen=True)
class Alignment:
    """Words and phones in time, sorted and without overlap; gaps are silence."""

    words: tuple[Interval, ...]
    phones: tuple[Interval, ...]
    duration_s: float

    @property
    def spoken_phones(self) -> tuple[Interval, ...]:
        """The phones but silence."""
        return tuple(phone for phone in self.phones if not is_silence(phone.label))

    @property
    def score(self) -> float | None:
        """The mean score of the spoken phones, weighted by their length; None where the engine gives none."""
        scored = [(phone.end_s - phone.start_s, phone.score) for phone in self.spoken_phones if phone.score is not None]
        total = sum(length for length, _ in scored)
        return sum(length * score for length, score in scored) / total if total > 0 else None


@dataclass(frozen=True)
class Aligned:
    """An alignment, and the words whose pronunciation had to be guessed."""

    alignment: Alignment
    unknown_words: tuple[str, ...] = ()


class Aligner(Protocol):
    """Words and sound to an Alignment."""

    needs_words: bool

    def align(self, utterance: Utterance, words: Sequence[str], sound: Callable[[], Samples]) -> Aligned:
        """Align an utterance; `sound` decodes its recording, for backends that listen.

        Raises AlignmentError, PronunciationError, TextGridError or AudioError.
        """
        ...
