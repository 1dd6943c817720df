"""An utterance as viter takes it, and which ones are refused before it is asked."""

from __future__ import annotations

from pathlib import Path

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.aligners.language import refuse_language
from kmtalk_align.aligners.speech_folder import Placed, write_speech
from kmtalk_align.errors import AlignmentError


def write_utterance(folder: Path, stem: str, spoken: Spoken, language: str | None) -> Placed:
    """Write an utterance under `folder`, recording and words; `language`: what alone is taken, None for all.

    Raises AudioError for a recording that can't be decoded, AlignmentError for a silent one, for no words, and for
    another language.
    """
    utterance = spoken.utterance
    if not spoken.words:
        raise AlignmentError("has no words", where=utterance.utterance_id, fix="give its transcript")
    refuse_language(utterance, language, model="the aligner's model")
    return write_speech(folder, stem, spoken)
