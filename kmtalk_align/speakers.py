"""Stages `speakers`, `align_speaker` and `gather`: alignment by speaker, for an aligner that adapts to one.

The shards' utterances are put together by subject, each subject is aligned, and the TextGrids go back to the shards.
A subject's table depends on nothing but its own utterances, so that a change of one has one subject aligned again.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from kmtalk_align import aligning, stage
from kmtalk_align.aligners.base import Aligner, result
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, ArtefactError
from kmtalk_align.files import new_directory, write_bytes
from kmtalk_align.stage import Row
from kmtalk_align.tables import SPEAKERS, TEXTGRID_STATUS

VERSION = 1
GATHER_VERSION = 1
LIST_FILE = "speakers.json"


def speaker_key(subject: str) -> str:
    """A subject as part of a path: percent-encoded, dots too; ``%`` for the subject without a name."""
    return quote(subject, safe="").replace(".", "%2E") or "%"


def group(corpus: Path, transcripts: Path, names: Sequence[str], output: Path) -> None:
    """Write a table of each subject's utterances and words, and the list of the subjects in each shard.

    corpus, transcripts: folders with a table for each of the shards `names`. Utterances that failed before are left
    out. A table that comes out as it was is left untouched; the list is written last. Raises ArtefactError.
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    members: dict[str, list[str]] = {}
    for name in names:
        usable = [
            row
            for row, earlier in aligning.rows_with_words(corpus / f"{name}.parquet", transcripts / f"{name}.parquet")
            if earlier is None
        ]
        for row in usable:
            rows[speaker_key(row["subject"])].append(_speaker_row(row))
        members[name] = sorted({speaker_key(row["subject"]) for row in usable})
    for key, of_speaker in rows.items():
        of_speaker.sort(key=lambda row: str(row["utterance_id"]))
        SPEAKERS.write(output / f"{key}.parquet", of_speaker, only_if_changed=True)
    for path in output.glob("*.parquet"):
        if path.stem not in rows:
            path.unlink()
    write_bytes(output / LIST_FILE, (json.dumps(members, sort_keys=True) + "\n").encode())


def align_speaker(table: Path, aligner: Aligner, root: Path, output: Path, status: Path) -> None:
    """Write the TextGrids of a subject into the folder `output`, and the table `status` with a row an utterance.

    Where all fail it is no error: a subject may have a single utterance. Raises KMTalkError where the aligner itself
    can't work, ArtefactError where a table can't be read or written.
    """
    rows = SPEAKERS.read(table)
    outcomes = aligner.align_set([aligning.as_spoken(_utterance(row), row["words"], root) for row in rows])

    with new_directory(output) as folder:

        def work(row: Row) -> Row:
            return aligning.write_aligned(folder, row["utterance_id"], result(next(outcomes)))

        results, _ = stage.work_through_all("align", [(row, None) for row in rows], work, aligning.failed_row)
    TEXTGRID_STATUS.write(status, results)
    aligning.log_unknown(results)


def gather(shard: Path, transcripts: Path, speakers: Path, output: Path, status: Path) -> None:
    """Write what stage `align` writes for a shard, from what `align_speaker` wrote for its subjects.

    speakers: holds ``textgrids/<speaker>/`` and ``status/<speaker>.parquet``. Raises KMTalkError where all fail,
    ArtefactError where a table can't be read or written, or lacks an utterance.
    """
    rows = aligning.rows_with_words(shard, transcripts)

    @cache
    def aligned(key: str) -> dict[str, Row]:
        path = speakers / "status" / f"{key}.parquet"
        return stage.by_id(TEXTGRID_STATUS.read(path), path)

    for row, earlier in rows:
        key = speaker_key(row["subject"])
        if earlier is None and row["utterance_id"] not in aligned(key):
            where = speakers / "status" / f"{key}.parquet"
            raise ArtefactError(f"has no row for {row['utterance_id']}", where=where, fix="align this speaker again")

    with new_directory(output) as folder:

        def work(row: Row) -> Row:
            key = speaker_key(row["subject"])
            found = aligned(key)[row["utterance_id"]]
            message = stage.failure(found)
            if message is not None:
                raise AlignmentError(message)
            source = aligning.textgrid_of(speakers / "textgrids" / key, row["utterance_id"])
            shutil.copyfile(source, aligning.textgrid_of(folder, row["utterance_id"]))
            return found

        results = stage.work_through("align", rows, work, aligning.failed_row)
    TEXTGRID_STATUS.write(status, results)


def _speaker_row(row: Row) -> Row:
    columns = ("utterance_id", "subject", "audio_path", "duration_s", "digest", "words")
    return {key: row[key] for key in columns} | {"language": row["spoken"] or row["language"]}


def _utterance(row: Row) -> Utterance:
    return Utterance(**{key: value for key, value in row.items() if key != "words"}, split="")
