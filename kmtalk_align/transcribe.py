"""Stage `transcribe`: a shard of the corpus -> its transcripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kmtalk_align import stage
from kmtalk_align.asr import Recogniser
from kmtalk_align.corpus import OK
from kmtalk_align.errors import RecognitionError
from kmtalk_align.stage import Row
from kmtalk_align.tables import CORPUS, TRANSCRIPTS
from kmtalk_align.text import spoken_words

VERSION = 1


def transcribe(shard: Path, recogniser: Recogniser, root: Path, output: Path) -> None:
    """Write the transcripts of a shard's utterances; `root` is the corpus' root.

    Raises KMTalkError where all fail, ArtefactError where a table can't be read or written.
    """
    rows = [(row, stage.failure(row)) for row in CORPUS.read(shard)]

    def work(row: Row) -> Row:
        return transcript_row(row, recogniser, root)

    def failed(row: Row, message: str) -> Row:
        blank = {"utterance_id": row["utterance_id"], "text": None, "words": [], "language": None}
        return blank | {"model": recogniser.model} | stage.failed_columns(message)

    TRANSCRIPTS.write(output, stage.work_through("transcribe", rows, work, failed))


def transcript_row(row: Row, recogniser: Recogniser, root: Path) -> dict[str, Any]:
    """The transcript of one utterance. Raises RecognitionError where there is no word in it."""
    utterance = stage.utterance_of(row)
    transcript = recogniser.transcribe(utterance, lambda: stage.sound_of(utterance, root))
    words = spoken_words(transcript.text, transcript.language)
    if not words:
        raise RecognitionError(
            f"the transcript holds no word: {transcript.text[:80]!r}", where=utterance.utterance_id, fix="correct it"
        )
    return {
        "utterance_id": utterance.utterance_id,
        "text": transcript.text,
        "words": words,
        "language": transcript.language,
        "status": OK,
        "message": "",
        "model": transcript.model or recogniser.model,
    }
