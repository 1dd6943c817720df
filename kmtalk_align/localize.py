"""The whole chain for one recording: audio -> transcript -> forced alignment -> key frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.base import Alignment, Spoken, align_one
from kmtalk_align.asr import Recogniser, recogniser_config
from kmtalk_align.asr.base import Transcript
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
    aligner_block = aligner_config(aligner)  # a mistake in it is found before the work
    samples = decode(audio)
    duration_s = len(samples) / SAMPLE_RATE
    said: Transcript | None = None
    words: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    if textgrid is not None:
        alignment = read_textgrid(textgrid, duration_s=duration_s)
        words = tuple(word.label for word in alignment.words if word.label)
    else:
        utterance = Utterance(
            audio.name, "", "", str(audio), duration_s=duration_s, transcript=transcript, language="en"
        )
        said = _transcript(utterance, samples, asr, threads)
        words = tuple(spoken_words(said.text, said.language))
        if not words:
            raise AlignmentError(f"the transcript holds no word: {said.text!r}", where=audio)
        aligned = align_one(aligner_block.load(), Spoken(utterance, words, lambda: samples))
        alignment, unknown = aligned.alignment, aligned.unknown_words
    n_frames = frame_of(duration_s, fps)
    if n_frames < 1:
        raise ConfigError(f"is shorter than one frame at {fps:g} fps", where=audio)
    keys = key_frames(selector, audio.name, n_frames, fps, list(alignment.phones))
    return Localized(keys, alignment, said, words, unknown, duration_s)


def _transcript(utterance: Utterance, samples: Samples, asr: Mapping[str, Any], threads: int) -> Transcript:
    block = {"backend": "reference"} if utterance.transcript is not None else asr
    recogniser: Recogniser = recogniser_config(block).load(threads)
    return recogniser.transcribe(utterance, lambda: samples)
