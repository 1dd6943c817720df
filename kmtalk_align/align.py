"""Stage `align`: a shard of the corpus and its transcripts -> TextGrids, and a table that says how each came out."""

from __future__ import annotations

from pathlib import Path

from kmtalk_align import aligning, stage
from kmtalk_align.aligners.base import Aligner, result
from kmtalk_align.files import new_directory
from kmtalk_align.stage import Row
from kmtalk_align.tables import TEXTGRID_STATUS

VERSION = 1


def align(shard: Path, transcripts: Path | None, aligner: Aligner, root: Path, output: Path, status: Path) -> None:
    """Write the TextGrids of a shard into the folder `output`, and the table `status` with a row an utterance.

    `transcripts` may be None for an aligner that needs no words. Raises KMTalkError where all fail, ArtefactError where
    a table can't be read or written.
    """
    with_words = aligner.needs_words
    rows = aligning.rows_with_words(shard, transcripts) if with_words else aligning.rows_without_words(shard)
    outcomes = aligner.align_set([aligning.spoken_of(row, root) for row, earlier in rows if earlier is None])

    with new_directory(output) as folder:

        def work(row: Row) -> Row:
            return aligning.write_aligned(folder, row["utterance_id"], result(next(outcomes)))

        results = stage.work_through("align", rows, work, aligning.failed_row)
    TEXTGRID_STATUS.write(status, results)
    aligning.log_unknown(results)
