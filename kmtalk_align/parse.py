"""Stage `parse`: TextGrids, or a person's corrections of them -> the table of alignments."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from kmtalk_align import stage
from kmtalk_align.aligners.base import Alignment
from kmtalk_align.corpus import OK
from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import encode_id, find_for_id
from kmtalk_align.phones import phone_set
from kmtalk_align.stage import Row
from kmtalk_align.tables import ALIGNMENTS, CORPUS, TEXTGRID_STATUS
from kmtalk_align.textgrid import read_textgrid

VERSION = 1
_log = logging.getLogger(__name__)


def parse(shard: Path, textgrids: Path, status: Path, corrections: Path | None, output: Path) -> None:
    """Write the intervals of a shard's TextGrids as a table; an utterance that failed has one row without a tier.

    textgrids, status: what stage `align` wrote. A TextGrid in the folder `corrections` is read in place of the made
    one, also where aligning failed. Raises KMTalkError where all fail, ArtefactError where a table can't be read or
    written.
    """
    aligned = stage.by_id(TEXTGRID_STATUS.read(status), status)
    rows = []
    for row in CORPUS.read(shard):
        one = aligned.get(row["utterance_id"])
        if one is None:
            raise ArtefactError(f"has no row for {row['utterance_id']}", where=status, fix="align this shard again")
        path, corrected = _source(row["utterance_id"], textgrids, corrections)
        rows.append((row | {"path": path}, stage.failure(row) or (None if corrected else stage.failure(one))))

    def work(row: Row) -> list[Row]:
        alignment = read_textgrid(row["path"], duration_s=row["duration_s"])
        return list(_rows_of(row["utterance_id"], alignment))

    def failed(row: Row, message: str) -> list[Row]:
        blank = dict.fromkeys(ALIGNMENTS.columns) | {"utterance_id": row["utterance_id"]}
        return [blank | stage.failed_columns(message)]

    results = stage.work_through("parse", rows, work, failed)
    ALIGNMENTS.write(output, (row for utterance in results for row in utterance))


def _source(utterance_id: str, textgrids: Path, corrections: Path | None) -> tuple[Path, bool]:
    """The TextGrid to read, and whether it is a correction."""
    correction = find_for_id(corrections, utterance_id, ".TextGrid") if corrections else None
    if correction is not None:
        _log.info("%s: read from the correction %s", utterance_id, correction)
        return correction, True
    return textgrids / f"{encode_id(utterance_id)}.TextGrid", False


def _rows_of(utterance_id: str, alignment: Alignment) -> Iterator[Row]:
    kind = phone_set(phone.label for phone in alignment.phones)
    for tier, intervals in (("words", alignment.words), ("phones", alignment.phones)):
        for one in intervals:
            yield {
                "utterance_id": utterance_id,
                "tier": tier,
                "start_s": one.start_s,
                "end_s": one.end_s,
                "label": one.label,
                "score": one.score,
                "phone_set": kind if tier == "phones" else None,
                "status": OK,
                "message": "",
            }
