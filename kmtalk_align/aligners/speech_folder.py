"""A set of recordings as MFA and viter want it: a folder a speaker, a wav and a text file an utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.audio import SAMPLE_RATE, is_silent, speech_wav
from kmtalk_align.errors import AlignmentError


@dataclass(frozen=True)
class Placed:
    """An utterance in such a folder: `stem` is its path there without a suffix; seconds as written."""

    stem: str
    duration_s: float


def place_of(spoken: Sequence[Spoken], *, by_subject: bool) -> list[str]:
    """The path of each utterance without a suffix: a speaker's folder and a number, whatever ids and subjects are.

    by_subject: a folder a subject, else a folder an utterance. Both normalise the features, and adapt, by speaker.
    """
    subjects = sorted({one.utterance.subject for one in spoken})
    speakers = {subject: number for number, subject in enumerate(subjects)}
    return [
        f"s{speakers[one.utterance.subject] if by_subject else number:06d}/u{number:06d}"
        for number, one in enumerate(spoken)
    ]


def write_speech(folder: Path, stem: str, spoken: Spoken) -> Placed:
    """Write one utterance under `folder`: 16 kHz, 16 bit, mono, and its words.

    Raises AudioError for a recording that can't be decoded, AlignmentError for a silent one.
    """
    samples = spoken.sound()
    if is_silent(samples):
        raise AlignmentError(
            "the recording is silent", where=spoken.utterance.utterance_id, fix="replace it or exclude the utterance"
        )
    path = folder / f"{stem}.wav"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(speech_wav(samples))
    path.with_suffix(".lab").write_text(" ".join(spoken.words) + "\n", encoding="utf-8")
    return Placed(stem, len(samples) / SAMPLE_RATE)
