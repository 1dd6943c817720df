"""Recogniser `reference`: the transcript that the corpus gives; where it gives none, what another recogniser hears."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kmtalk_align.asr.base import Recogniser, Transcript
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, RecognitionError


@dataclass(frozen=True)
class ReferenceConfig:
    """otherwise: the block of a recogniser that listens, for the utterances without a transcript."""

    backend: str = "reference"
    otherwise: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Fill in the defaults of the other block, so that the stored block holds them. Raises ConfigError."""
        if self.otherwise is None:
            return
        from kmtalk_align.asr import recogniser_config
        from kmtalk_align.blocks import resolved

        if self.otherwise.get("backend") == self.backend:
            raise ConfigError("is the transcript of the corpus again", where="asr block, key otherwise")
        object.__setattr__(self, "otherwise", resolved(recogniser_config(self.otherwise)))

    def load(self, threads: int = 1) -> Recogniser:
        """The recogniser. The other one is loaded when an utterance first needs it."""
        if self.otherwise is None:
            return Reference()
        from kmtalk_align.asr import recogniser_config

        other = recogniser_config(self.otherwise)
        name = " ".join(str(self.otherwise[key]) for key in ("backend", "model") if key in self.otherwise)
        return ReferenceOrHeard(name, lambda: other.load(threads))


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


class ReferenceOrHeard:
    """Gives the transcript of the corpus, or what a recogniser hears, and says which of the two it was.

    other: the recogniser's name; load: gives it, and is called once, when an utterance first has no transcript.
    """

    listens: ClassVar[bool] = True

    def __init__(self, other: str, load: Callable[[], Recogniser]) -> None:
        self.model = f"{Reference.model}, otherwise {other}"
        self._given = Reference()
        self._load = load
        self._other: Recogniser | None = None

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        """See Recogniser.transcribe. Raises WeightsError or ConfigError where the other one can't be loaded."""
        if utterance.transcript is not None:
            return dataclasses.replace(self._given.transcribe(utterance, sound), model=self._given.model)
        if self._other is None:
            self._other = self._load()
        return dataclasses.replace(self._other.transcribe(utterance, sound), model=self._other.model)
