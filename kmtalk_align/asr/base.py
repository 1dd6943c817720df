"""Recognisers: one small protocol, and what those that listen have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import ClassVar, Protocol

from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, RecognitionError
from kmtalk_align.voice_activity import WINDOW_S, Span, speech_windows

# Whisper's own signs of text that nobody said (openai/whisper transcribe.py: no_speech_threshold, logprob_threshold,
# compression_ratio_threshold).
_NO_SPEECH_PROBABILITY = 0.6
_MEAN_LOG_PROBABILITY = -1.0
_COMPRESSION_RATIO = 2.4


@dataclass(frozen=True)
class Transcript:
    """What was said: the text as recognised or given, and its language (ISO 639-1) where known.

    model: who says so, where the recogniser speaks for several.
    """

    text: str
    language: str | None
    model: str | None = None


@dataclass(frozen=True)
class Heard:
    """What a recogniser makes of one window of at most 30 s, with its own doubts about it."""

    text: str
    language: str
    no_speech_probability: float
    mean_log_probability: float
    compression_ratio: float

    @property
    def invented(self) -> bool:
        """Whether the text looks like one that nobody said: no speech and low probability, or a loop."""
        silent = self.no_speech_probability > _NO_SPEECH_PROBABILITY
        return (silent and self.mean_log_probability < _MEAN_LOG_PROBABILITY) or (
            self.compression_ratio > _COMPRESSION_RATIO
        )


def check_language(model: str, language: str, known: Collection[str]) -> None:
    """Raise ConfigError where a language is none of Whisper's codes, or the model is for English alone (``*.en``)."""
    if language != "detect" and language not in known:
        raise ConfigError(
            f"{language!r} is no language that Whisper knows",
            where="asr block, key language",
            fix=f"give the ISO 639-1 code of what is spoken, or detect: {', '.join(sorted(known))}",
        )
    if model.endswith(".en") and language not in ("en", "detect"):
        raise ConfigError(
            f"{model} knows English alone, and the language is {language!r}",
            where="asr block",
            fix=f"take {model.removesuffix('.en')}, or language en",
        )


def check_language_given(backend: str, language: str) -> None:
    """Raise ConfigError where a recogniser that can't tell languages apart isn't told which one is spoken."""
    if not re.fullmatch("[a-z]{2,3}", language):
        raise ConfigError(
            f"{language!r} is no language, and {backend} does not detect one",
            where="asr block, key language",
            fix="give the ISO 639-1 code of what is spoken, such as en",
        )


def spoken_windows(utterance: Utterance, samples: Samples, window_s: float = WINDOW_S) -> list[Span]:
    """See speech_windows. Raises RecognitionError where nobody speaks: a recogniser isn't even asked."""
    windows = speech_windows(samples, window_s)
    if not windows:
        raise RecognitionError("nobody speaks in this recording", where=utterance.utterance_id)
    return windows


class Recogniser(Protocol):
    """Speech to text. `model` says which weights at which version speak, for the table."""

    model: str
    listens: ClassVar[bool]

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        """The transcript of an utterance; `sound` decodes its recording, for backends that listen.

        Raises RecognitionError where there is no text, and AudioError where the recording can't be decoded.
        """
        ...


class ListeningRecogniser:
    """A recogniser that hears windows of at most 30 s, cut at pauses; a subclass gives `hear`, and a shorter
    `window_s` where its model was trained on less.

    At temperature 0, without conditioning on earlier text. Where voice activity detection finds nobody
    speaking the model isn't even asked, and a window whose text was invented is dropped.
    """

    model: str
    listens: ClassVar[bool] = True
    window_s: ClassVar[float] = WINDOW_S

    def hear(self, window: Samples) -> Heard:
        """The text of one window (S,) of at most 30 s at 16 kHz."""
        raise NotImplementedError

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        """See Recogniser.transcribe."""
        samples = sound()
        heard = [self.hear(window.of(samples)) for window in spoken_windows(utterance, samples, self.window_s)]
        said = [one for one in heard if one.text.strip() and not one.invented]
        if not said:
            doubt = max(heard, key=lambda one: one.no_speech_probability)
            raise RecognitionError(
                f"no text that the recogniser trusts (no-speech probability {doubt.no_speech_probability:.2f}, "
                f"mean log probability {doubt.mean_log_probability:.2f}, heard {doubt.text.strip()[:60]!r})",
                where=utterance.utterance_id,
                fix="listen to the recording; a larger model may help",
            )
        return Transcript(" ".join(one.text.strip() for one in said), said[0].language)
