"""What the stages that align share: rows of a shard with their words, and what becomes of an alignment."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from kmtalk_align import stage
from kmtalk_align.aligners.base import Aligned, Spoken
from kmtalk_align.corpus import OK, Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import encode_id
from kmtalk_align.stage import Row
from kmtalk_align.tables import CORPUS, TRANSCRIPTS
from kmtalk_align.textgrid import write_textgrid

_log = logging.getLogger(__name__)


def rows_with_words(shard: Path, transcripts: Path | None) -> list[tuple[Row, str | None]]:
    """Corpus rows with their `words` that are `spoken` in a language, each with the message of an earlier failure.

    Raises ArtefactError where a table can't be read, or holds no row for an utterance.
    """
    if transcripts is None:
        raise ArtefactError("no table of transcripts was given, and the aligner needs words", where="align")
    said = stage.by_id(TRANSCRIPTS.read(transcripts), transcripts)
    found = []
    for row in CORPUS.read(shard):
        transcript = said.get(row["utterance_id"])
        if transcript is None:
            raise ArtefactError(f"has no row for {row['utterance_id']}", where=transcripts, fix="make it again")
        more = {"words": transcript["words"], "spoken": transcript["language"]}
        found.append((row | more, stage.failure(row) or stage.failure(transcript)))
    return found


def rows_without_words(shard: Path) -> list[tuple[Row, str | None]]:
    """The same for an aligner that needs no words."""
    return [(row | {"words": [], "spoken": None}, stage.failure(row)) for row in CORPUS.read(shard)]


def spoken_of(row: Row, root: Path) -> Spoken:
    """What an aligner gets of a corpus row with words; the recording is decoded when it is asked for."""
    utterance = stage.utterance_of({key: value for key, value in row.items() if key in CORPUS.columns})
    return as_spoken(replace(utterance, language=row["spoken"] or utterance.language), row["words"], root)


def as_spoken(utterance: Utterance, words: list[str], root: Path) -> Spoken:
    """An utterance of a corpus under `root` and its words."""
    return Spoken(utterance, words, lambda: stage.sound_of(utterance, root))


def write_aligned(folder: Path, utterance_id: str, aligned: Aligned) -> Row:
    """Write an utterance's TextGrid into `folder`; gives its status row."""
    write_textgrid(textgrid_of(folder, utterance_id), aligned.alignment)
    columns = {"unknown_words": list(aligned.unknown_words), "score": aligned.alignment.score}
    return {"utterance_id": utterance_id, **columns, "status": OK, "message": ""}


def textgrid_of(folder: Path, utterance_id: str) -> Path:
    """Where the TextGrid of an utterance lies in a folder that a stage made."""
    return folder / f"{encode_id(utterance_id)}.TextGrid"


def failed_row(row: Row, message: str) -> Row:
    """The status row of an utterance without an alignment."""
    return {"utterance_id": row["utterance_id"], "unknown_words": [], "score": None} | stage.failed_columns(message)


def log_unknown(rows: Iterable[Row]) -> None:
    """Say which words were guessed, or could not be pronounced."""
    unknown = Counter(word for row in rows for word in row["unknown_words"])
    if unknown:
        _log.info("%d words that the aligner did not know: %s", len(unknown), ", ".join(sorted(unknown)))
