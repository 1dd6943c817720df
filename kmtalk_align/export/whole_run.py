"""A run that is whole: what it made of each utterance, or an error that names what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import stage
from kmtalk_align.aligners.base import Alignment
from kmtalk_align.corpus import OK, Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.results import Results, Run, Shard
from kmtalk_align.stage import Row

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
class WholeRun:
    """A run of a corpus, as `open_run` gives it."""

    results: Results
    run: Run

    @property
    def name(self) -> str:
        """``<asr>.<aligner>.<selector>``."""
        return self.run.name

    @property
    def corpus(self) -> dict[str, Any]:
        """What corpus.json says."""
        return self.results.corpus

    def utterances(self) -> list[Utterance]:
        """The utterances of the corpus, failed ones too. Raises ArtefactError."""
        rows = [row for name in self.results.shards for row in Shard(self.results, name).utterances.values()]
        return [stage.utterance_of(row) for row in rows]

    def templates(self) -> dict[str, NDArray[np.float32]]:
        """Neutral vertices (V, 3) by subject. Raises ArtefactError."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.results.folder / "corpus" / "templates.safetensors"
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise ArtefactError(f"cannot be read ({error})", where=path, fix="prepare the corpus again") from error

    def made(self) -> Iterator[Result]:
        """What the run made of each utterance, shard by shard. Raises ArtefactError where tables don't fit together."""
        for name in self.results.shards:
            yield from self._made_of(Shard(self.results, name))

    def _made_of(self, shard: Shard) -> Iterator[Result]:
        key_frames, transcripts = shard.key_frames(self.run), shard.transcripts(self.run.asr)
        alignments = shard.alignments(self.run.aligned)
        for utterance_id, row in shard.utterances.items():
            keys, said = key_frames.get(utterance_id), transcripts.get(utterance_id)
            if keys is None or (keys["n_frames"], keys["fps"]) != (row["n_frames"], row["fps"]):
                raise ArtefactError(
                    f"the key frames of shard {shard.name} do not fit the corpus: see {utterance_id}",
                    where=f"{self.results.folder}, run {self.name}",
                    fix="run snakemake again",
                )
            heard = said if said is not None and stage.failure(said) is None else None
            yield Result(stage.utterance_of(row), keys, heard, alignments.get(utterance_id))


def open_run(folder: Path, name: str) -> WholeRun:
    """The run `name` of the corpus whose results lie in ``results/<corpus>``.

    Raises ConfigError where there is no such run, ArtefactError where there is no corpus or the run lacks a table.
    """
    results = Results.open(folder)
    lacking = sorted(_SAID - set(results.corpus))
    if lacking:
        path = folder / "corpus" / "corpus.json"
        raise ArtefactError(f"does not say {', '.join(lacking)}", where=path, fix="prepare the corpus again")
    [run] = results.runs([name])
    missing = results.missing_tables(run)
    if missing:
        raise ArtefactError(
            f"the run {name} lacks {', '.join(map(str, missing[:3]))}{' ...' if len(missing) > 3 else ''}",
            where=folder,
            fix=f"run snakemake again, or take another run: {', '.join(one.name for one in results.runs())}",
        )
    return WholeRun(results, run)
