"""The whole chain for one recording: audio -> transcript -> forced alignment -> key frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.base import Aligned, Aligner, Alignment, Spoken, align_one
from kmtalk_align.asr import Recogniser, recogniser_config
from kmtalk_align.asr.base import Transcript
from kmtalk_align.asr.reference import Reference
from kmtalk_align.audio import SAMPLE_RATE, Samples, decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, ConfigError
from kmtalk_align.frames import frame_of
from kmtalk_align.keyframes import KeyFrames, key_frames
from kmtalk_align.selectors import Selector
from kmtalk_align.text import spoken_words
from kmtalk_align.textgrid import read_textgrid


@dataclass(frozen=True)
class Localized:
    """What the chain finds for one recording. `transcript` is None where a TextGrid was given instead."""

    key_frames: KeyFrames
    alignment: Alignment
    transcript: Transcript | None
    words: tuple[str, ...]
    unknown_words: tuple[str, ...]
    duration_s: float

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON file: times in seconds, frames 0-based."""
        return {
            "fps": self.key_frames.fps,
            "n_frames": self.key_frames.n_frames,
            "duration_s": self.duration_s,
            "key_frames": list(self.key_frames.indices),
            "key_ratio": round(self.key_frames.ratio, 4),
            "source": self.key_frames.source,
            "score": None if self.alignment.score is None else round(self.alignment.score, 3),
            "transcript": self.transcript.text if self.transcript else None,
            "words": list(self.words),
            "unknown_words": list(self.unknown_words),
            "phones": [
                {"start_s": one.start_s, "end_s": one.end_s, "label": one.label, "score": one.score}
                for one in self.alignment.phones
            ],
        }


class Localizer:
    """The chain for one recording after another: its steps one by one, whose models are loaded once, when needed."""

    def __init__(self, asr: Mapping[str, Any], aligner: Mapping[str, Any], threads: int = 1) -> None:
        """asr, aligner: config blocks. Raises ConfigError for a mistake in them."""
        self._asr, self._aligner = recogniser_config(asr), aligner_config(aligner)
        self._language = (asr.get("otherwise") or asr).get("language") or "en"
        self._threads = threads

    def transcribe(self, name: str, samples: Samples, transcript: str | None = None) -> Transcript:
        """What is said in a recording (S,) at 16 kHz. With a `transcript`, in the recogniser's language, nothing is
        recognised.

        Raises RecognitionError where nobody speaks, WeightsError where the recogniser can't be had, ConfigError where
        nobody says what language a transcript is in.
        """
        utterance = _utterance(name, samples)
        if transcript is None:
            return self.recogniser.transcribe(utterance, lambda: samples)
        if self._language == "detect":
            raise ConfigError(
                "a transcript that is given is in the recogniser's language, which is to be detected",
                where="asr block, language",
                fix='name it in the asr block, as in {"backend": "faster_whisper", "model": "base", "language": "fr"}',
            )
        given = replace(utterance, transcript=transcript, language=self._language)
        return Reference().transcribe(given, lambda: samples)

    def align(self, name: str, samples: Samples, said: Transcript) -> Aligned:
        """The phones of a recording in time. Raises AlignmentError where they can't be found."""
        words = spoken_words(said.text, said.language)
        if not words:
            raise AlignmentError(f"the transcript holds no word: {said.text!r}", where=name)
        utterance = replace(_utterance(name, samples), language=said.language)
        return align_one(self._loaded_aligner, Spoken(utterance, words, lambda: samples))

    @cached_property
    def recogniser(self) -> Recogniser:
        """The recogniser, loaded. Raises WeightsError or ConfigError."""
        loaded: Recogniser = self._asr.load(self._threads)
        return loaded

    @cached_property
    def _loaded_aligner(self) -> Aligner:
        loaded: Aligner = self._aligner.load()
        return loaded


def localize(
    audio: Path,
    *,
    asr: Mapping[str, Any],
    aligner: Mapping[str, Any],
    selector: Selector,
    fps: float = 25.0,
    transcript: str | None = None,
    textgrid: Path | None = None,
    threads: int = 1,
) -> Localized:
    """Key frames of a recording in any format that `audio.decode` reads.

    asr, aligner: config blocks. With a `transcript` nothing is recognised; with a `textgrid` nothing is aligned either.
    Raises KMTalkError, whose message names what to do.
    """
    localizer = Localizer(asr, aligner, threads)  # a mistake in a block is found before the work
    samples = decode(audio)
    duration_s = len(samples) / SAMPLE_RATE
    n_frames = frame_of(duration_s, fps)
    if n_frames < 1:
        raise ConfigError(f"is shorter than one frame at {fps:g} fps", where=audio)
    said: Transcript | None = None
    if textgrid is not None:
        aligned = Aligned(read_textgrid(textgrid, duration_s=duration_s))
    else:
        said = localizer.transcribe(audio.name, samples, transcript)
        aligned = localizer.align(audio.name, samples, said)
    words = tuple(word.label for word in aligned.alignment.words if word.label)
    keys = key_frames(selector, audio.name, n_frames, fps, list(aligned.alignment.phones))
    return Localized(keys, aligned.alignment, said, words, aligned.unknown_words, duration_s)


def _utterance(name: str, samples: Samples) -> Utterance:
    return Utterance(name, "", "", name, duration_s=len(samples) / SAMPLE_RATE)
