"""Aligners: one small protocol, and the Alignment that they give."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
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


@dataclass(frozen=True)
class Spoken:
    """An utterance and the words that are spoken in it; `sound` decodes its recording, for backends that listen."""

    utterance: Utterance
    words: Sequence[str]
    sound: Callable[[], Samples]


class Aligner(Protocol):
    """Words and sound to Alignments."""

    needs_words: bool

    def align_set(self, spoken: Sequence[Spoken]) -> Iterator[Aligned | Exception]:
        """The outcome of each utterance, in order: its alignment, or why it has none.

        What is wrong with one utterance is given, not raised. Raises KMTalkError where the aligner itself can't work.
        """
        ...


class OneByOne(ABC):
    """An Aligner whose utterances have nothing to do with each other; each is aligned when its turn comes."""

    @abstractmethod
    def align(self, utterance: Utterance, words: Sequence[str], sound: Callable[[], Samples]) -> Aligned:
        """Align an utterance; `sound` decodes its recording.

        Raises AlignmentError, PronunciationError, TextGridError or AudioError.
        """

    def align_set(self, spoken: Sequence[Spoken]) -> Iterator[Aligned | Exception]:
        """See Aligner.align_set."""
        for one in spoken:
            try:
                outcome: Aligned | Exception = self.align(one.utterance, one.words, one.sound)
            except Exception as error:  # an engine may raise anything; the rest of the set is unharmed
                outcome = error
            yield outcome


def result(outcome: Aligned | Exception) -> Aligned:
    """The alignment that an outcome is. Raises the exception that it is."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def align_one(aligner: Aligner, spoken: Spoken) -> Aligned:
    """The alignment of an utterance by itself. Raises what is wrong with it."""
    (outcome,) = aligner.align_set([spoken])
    return result(outcome)
