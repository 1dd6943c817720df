"""Stage `align`: a shard of the corpus and its transcripts -> TextGrids, and a table that says how each came out."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

from kmtalk_align import stage
from kmtalk_align.aligners.base import Aligned, Aligner
from kmtalk_align.corpus import OK
from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import encode_id, new_directory
from kmtalk_align.stage import Row
from kmtalk_align.tables import CORPUS, TEXTGRID_STATUS, TRANSCRIPTS
from kmtalk_align.textgrid import write_textgrid

VERSION = 1
_log = logging.getLogger(__name__)


def align(shard: Path, transcripts: Path | None, aligner: Aligner, root: Path, output: Path, status: Path) -> None:
    """Write the TextGrids of a shard into the folder `output`, and the table `status` with a row an utterance.

    `transcripts` may be None for an aligner that needs no words. Raises KMTalkError where all fail, ArtefactError where
    a table can't be read or written.
    """
    rows = _with_words(CORPUS.read(shard), transcripts) if aligner.needs_words else _without_words(CORPUS.read(shard))

    with new_directory(output) as folder:

        def work(row: Row) -> Row:
            aligned = align_row(row, aligner, root)
            write_textgrid(folder / f"{encode_id(row['utterance_id'])}.TextGrid", aligned.alignment)
            columns = {"unknown_words": list(aligned.unknown_words), "score": aligned.alignment.score}
            return {"utterance_id": row["utterance_id"], **columns, "status": OK, "message": ""}

        results = stage.work_through("align", rows, work, _failed)
    TEXTGRID_STATUS.write(status, results)
    unknown = Counter(word for row in results for word in row["unknown_words"])
    if unknown:
        _log.info("%d unknown words, pronounced by guess: %s", len(unknown), ", ".join(sorted(unknown)))


def _with_words(rows: list[Row], transcripts: Path | None) -> list[tuple[Row, str | None]]:
    """Corpus rows with what is said and in which language, each with the message of an earlier failure."""
    if transcripts is None:
        raise ArtefactError("no table of transcripts was given, and the aligner needs words", where="align")
    said = stage.by_id(TRANSCRIPTS.read(transcripts), transcripts)
    found = []
    for row in rows:
        transcript = said.get(row["utterance_id"])
        if transcript is None:
            raise ArtefactError(f"has no row for {row['utterance_id']}", where=transcripts, fix="make it again")
        more = {"words": transcript["words"], "spoken": transcript["language"]}
        found.append((row | more, stage.failure(row) or stage.failure(transcript)))
    return found


def _without_words(rows: list[Row]) -> list[tuple[Row, str | None]]:
    return [(row | {"words": [], "spoken": None}, stage.failure(row)) for row in rows]


def align_row(row: Row, aligner: Aligner, root: Path) -> Aligned:
    """The alignment of one utterance: a corpus row with the `words` that are `spoken` in a language."""
    utterance = stage.utterance_of({key: value for key, value in row.items() if key in CORPUS.columns})
    utterance = replace(utterance, language=row["spoken"] or utterance.language)
    return aligner.align(utterance, row["words"], lambda: stage.sound_of(utterance, root))


def _failed(row: Row, message: str) -> Row:
    return {"utterance_id": row["utterance_id"], "unknown_words": [], "score": None} | stage.failed_columns(message)
