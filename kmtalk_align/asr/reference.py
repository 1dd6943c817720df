"""Recogniser `reference`: the transcript that the corpus gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from kmtalk_align.asr.base import Transcript
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import RecognitionError


@dataclass(frozen=True)
class ReferenceConfig:
    """The reference transcript has no settings."""

    backend: str = "reference"

    def load(self, threads: int = 1) -> Reference:
        """The recogniser."""
        return Reference()


class Reference:
    """Gives each utterance the transcript of its corpus."""

    model = "reference"
    listens: ClassVar[bool] = False

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        """See Recogniser.transcribe; the recording is not read."""
        if utterance.transcript is None:
            raise RecognitionError(
                "the corpus has no transcript for it",
                where=utterance.utterance_id,
                fix=f"add transcripts/{utterance.utterance_id}.txt, or use a recogniser that listens",
            )
        return Transcript(utterance.transcript, utterance.language)
