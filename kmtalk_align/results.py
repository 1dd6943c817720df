"""A finished run as it lies under ``results/<corpus>``, read shard by shard."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import stage
from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.corpus import OK, Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.stage import Row
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TRANSCRIPTS

# What corpus.json says of every corpus.
_SAID = {"name", "unit", "fps", "vertex_count", "faces", "regions", "mouth_opening", "shards"}


@dataclass(frozen=True)
class Result:
    """What a run made of one utterance.

    key_frames: its row of that table; transcript: likewise, None where it failed or the run needs none; alignment: what
    the key frames come from, a correction included, None where it failed.
    """

    utterance: Utterance
    key_frames: Row
    transcript: Row | None
    alignment: Alignment | None

    @property
    def failure(self) -> tuple[str, str] | None:
        """The step at which the utterance failed for good, and the message; None where it has key frames."""
        if self.utterance.status != OK:
            return "prepare", self.utterance.message
        message = stage.failure(self.key_frames)
        return None if message is None else ("keyframes", message)


@dataclass(frozen=True)
class Run:
    """A run ``<asr>.<aligner>.<selector>`` of a corpus, as `open_run` gives it. corpus: what corpus.json says."""

    folder: Path
    name: str
    corpus: dict[str, Any]

    @property
    def shards(self) -> list[str]:
        """The names of the corpus' shards."""
        return list(self.corpus["shards"])

    @property
    def has_transcripts(self) -> bool:
        """Whether words were recognised or given; a run over the user's own TextGrids needs none."""
        return self._transcripts(self.shards[0]).is_file()

    def utterances(self, shard: str) -> list[Utterance]:
        """The utterances of a shard, failed ones too. Raises ArtefactError."""
        return [stage.utterance_of(row) for row in CORPUS.read(self._corpus(shard))]

    def templates(self) -> dict[str, NDArray[np.float32]]:
        """Neutral vertices (V, 3) by subject. Raises ArtefactError."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.folder / "corpus" / "templates.safetensors"
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise ArtefactError(f"cannot be read ({error})", where=path, fix="prepare the corpus again") from error

    def of_shard(self, shard: str) -> Iterator[Result]:
        """What the run made of each utterance of a shard. Raises ArtefactError where its tables don't fit together."""
        path = self._key_frames(shard)
        key_frames = stage.by_id(KEY_FRAMES.read(path), path)
        transcripts = self._transcripts_of(shard)
        alignments = _alignments(ALIGNMENTS.read(self._alignments(shard)))
        for utterance in self.utterances(shard):
            row = key_frames.get(utterance.utterance_id)
            if row is None or (row["n_frames"], row["fps"]) != (utterance.n_frames, utterance.fps):
                raise ArtefactError(
                    f"does not fit the corpus: see {utterance.utterance_id}", where=path, fix="run snakemake again"
                )
            transcript = transcripts.get(utterance.utterance_id)
            yield Result(utterance, row, transcript, alignments.get(utterance.utterance_id))

    def missing(self) -> list[Path]:
        """The tables that this run lacks, as paths below `folder`."""
        made = (self._corpus, self._alignments, self._key_frames)
        wanted = [place(shard) for shard in self.shards for place in made]
        given = [self._transcripts(shard) for shard in self.shards]
        if any(path.is_file() for path in given):
            wanted += given
        return [path.relative_to(self.folder) for path in wanted if not path.is_file()]

    def _transcripts_of(self, shard: str) -> dict[str, Row]:
        if not self.has_transcripts:
            return {}
        path = self._transcripts(shard)
        rows = stage.by_id(TRANSCRIPTS.read(path), path)
        return {utterance_id: row for utterance_id, row in rows.items() if stage.failure(row) is None}

    def _corpus(self, shard: str) -> Path:
        return self.folder / "corpus" / f"{shard}.parquet"

    def _transcripts(self, shard: str) -> Path:
        return self.folder / "transcripts" / self.name.partition(".")[0] / f"{shard}.parquet"

    def _alignments(self, shard: str) -> Path:
        return self.folder / "alignments" / self.name.rpartition(".")[0] / f"{shard}.parquet"

    def _key_frames(self, shard: str) -> Path:
        return self.folder / "keyframes" / self.name / f"{shard}.parquet"


def open_run(folder: Path, name: str) -> Run:
    """The run `name` of the corpus whose results lie in ``results/<corpus>``.

    Raises ArtefactError where there is no corpus or no such run, or where some of its tables are missing.
    """
    path = folder / "corpus" / "corpus.json"
    try:
        corpus: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(
            f"cannot be read ({error})", where=path, fix="give the folder results/<corpus>, or run snakemake first"
        ) from error
    lacking = sorted(_SAID - set(corpus))
    if lacking:
        raise ArtefactError(f"does not say {', '.join(lacking)}", where=path, fix="prepare the corpus again")
    runs = sorted(found.name for found in (folder / "keyframes").glob("*.*.*") if found.name.count(".") == 2)
    there = f"the runs there are: {', '.join(runs) or 'none'}"
    if name not in runs:
        raise ArtefactError(f"has no run {name!r}", where=folder, fix=there)
    run = Run(folder, name, corpus)
    missing = run.missing()
    if missing:
        raise ArtefactError(
            f"the run {name} lacks {', '.join(map(str, missing[:3]))}{' ...' if len(missing) > 3 else ''}",
            where=folder,
            fix=f"run snakemake again, or take another run; {there}",
        )
    return run


def _alignments(rows: list[Row]) -> dict[str, Alignment]:
    """Alignments by utterance id out of a table's rows; each ends with its last interval."""
    tiers: dict[str, dict[str, list[Interval]]] = defaultdict(lambda: {"words": [], "phones": []})
    for row in rows:
        if row["status"] == OK:
            interval = Interval(row["start_s"], row["end_s"], row["label"], row["score"])
            tiers[row["utterance_id"]][row["tier"]].append(interval)
    return {
        utterance_id: Alignment(
            tuple(found["words"]), tuple(found["phones"]), max(one.end_s for tier in found.values() for one in tier)
        )
        for utterance_id, found in tiers.items()
    }
