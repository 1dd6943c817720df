"""Stage `train_aligner`: a corpus and its transcripts -> a model that aligns, and what it was trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kmtalk_align import aligning
from kmtalk_align.aligners.viter.config import ViterConfig
from kmtalk_align.corpora.splits import UNASSIGNED
from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable, write_bytes
from kmtalk_align.stage import Row

VERSION = 1
MODEL_FILE = "model.viter"
SUMMARY_FILE = "training.json"


def train_aligner(
    corpus: Path, transcripts: Path, names: Sequence[str], config: ViterConfig, root: Path, output: Path, threads: int
) -> str:
    """Write `output`/model.viter and, last, `output`/training.json; gives a line that says what it learnt from.

    corpus, transcripts: folders with a table for each of the shards `names`. Utterances that failed before, and
    recordings that can't be read, are left out and named. Raises ConfigError for a config that is not trained or names
    a split that isn't there, KMTalkError where there is too little speech, ArtefactError where a table can't be read.
    """
    from kmtalk_align.aligners.viter.program import VERSION as VITER
    from kmtalk_align.aligners.viter.training import train

    if config.train is None:
        raise ConfigError(
            "has no key train", where="aligner block", fix="docs/viter.md shows how an aligner is trained"
        )
    check_writable(output / MODEL_FILE)
    rows = [
        row
        for name in names
        for row in aligning.rows_with_words(corpus / f"{name}.parquet", transcripts / f"{name}.parquet")
    ]
    chosen = sorted(_of_splits(rows, config.train.splits), key=lambda item: str(item[0]["utterance_id"]))
    before = {row["utterance_id"]: message for row, message in chosen if message is not None}
    spoken = [aligning.spoken_of(row, root) for row, message in chosen if message is None]
    trained = train(spoken, config, output / MODEL_FILE, threads)
    left_out = dict(sorted((before | trained.left_out).items()))
    summary = {
        "utterances": trained.utterances,
        "minutes": round(trained.seconds / 60, 2),
        "left_out": left_out,
        "not_aligned_at_the_end": trained.not_aligned,
        "guessed_words": trained.guessed_words,
        "unknown_words": trained.unknown_words,
        "phones": " ".join(trained.phones),
        "viter": VITER,
        "version": VERSION,
    }
    write_bytes(output / SUMMARY_FILE, (json.dumps(summary, indent=1, ensure_ascii=False) + "\n").encode())
    return (
        f"trained on {trained.utterances} utterances, {trained.seconds / 60:.1f} minutes; {len(left_out)} left out, "
        f"{trained.not_aligned} not aligned at the end, {len(trained.unknown_words)} words without a pronunciation"
    )


def _of_splits(rows: list[tuple[Row, str | None]], splits: Sequence[str]) -> list[tuple[Row, str | None]]:
    """The rows of some splits; all where the corpus has no splits. Raises ConfigError for a split that isn't there."""
    there = {row["split"] for row, _ in rows}
    if there <= {"", UNASSIGNED}:
        return rows
    for split in splits:
        if split not in there:
            raise ConfigError(
                f"the corpus has no split {split!r}",
                where="aligner block, train, splits",
                fix=f"choose from: {', '.join(sorted(there))}",
            )
    return [(row, message) for row, message in rows if row["split"] in splits]
