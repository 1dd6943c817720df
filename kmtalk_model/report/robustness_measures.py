"""How far transcripts, phones and key frames of a run are from those of another, by the tables of `kmtalk quality`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from kmtalk_align.corpus import OK
from kmtalk_align.errors import ArtefactError
from kmtalk_align.results import Run
from kmtalk_align.tables import CLIPS, DISAGREEMENT
from kmtalk_align.time_differences import Differences
from kmtalk_model import statistics
from kmtalk_model.statistics import Estimate

Row = Mapping[str, Any]


@dataclass(frozen=True)
class KeyFrameAgreement:
    """The mean over clips of the F1 of two runs' key frames, matched where they are the same (`exact`), or where they
    lie within one frame of each other (`near`).
    """

    exact: float
    near: float
    clips: int


@dataclass(frozen=True)
class Measured:
    """A run, over all utterances of the corpus. What there is nothing to measure of is None.

    word_error_rate: against the corpus' own transcripts, with its interval over the utterances that have one;
    boundaries: of starts and ends of the phones, less the reference's, None too where both runs have the same
    alignments; agreement: of its key frames with the reference's; key_ratio: mean over utterances; sources: how many
    utterances have their key frames from where, `failed` for those that have none.
    """

    word_error_rate: Estimate
    boundaries: Differences | None
    agreement: KeyFrameAgreement | None
    key_ratio: float | None
    sources: Mapping[str, int]

    @property
    def utterances(self) -> int:
        """How many there are, with key frames or without."""
        return sum(self.sources.values())


def measure(quality: Path, runs: Sequence[Run], reference: Run) -> dict[Run, Measured]:
    """Each run beside the reference, of the tables in the folder `quality`.

    Raises ArtefactError where a table is missing or malformed, or holds nothing of a run.
    """
    clips: dict[str, list[Row]] = {run.name: [] for run in runs}
    for row in CLIPS.read(quality / "clips.parquet"):
        if row["run"] in clips:
            clips[row["run"]].append(row)
    for run in runs:
        if not clips[run.name]:
            raise ArtefactError(
                f"holds no clip of the run {run.name}",
                where=quality / "clips.parquet",
                fix="make the report again of all runs: `kmtalk quality`, or `snakemake robustness`",
            )
    pairs = _pairs(DISAGREEMENT.read(quality / "disagreement.parquet"))
    return {
        run: Measured(
            word_error_rate=_word_error_rate(clips[run.name]),
            boundaries=_boundaries(pairs.get(("phones", frozenset((run.aligned, reference.aligned))), [])),
            agreement=_agreement(pairs.get(("key frames", frozenset((run.name, reference.name))), [])),
            key_ratio=_mean([row["key_ratio"] for row in clips[run.name]]),
            sources=Counter(row["source"] or row["status"] for row in clips[run.name]),
        )
        for run in runs
    }


def _pairs(rows: Sequence[Row]) -> dict[tuple[str, frozenset[str]], list[Row]]:
    """The rows by level and pair, without those of clips that one of the two lacks."""
    found: dict[tuple[str, frozenset[str]], list[Row]] = {}
    for row in rows:
        if row["status"] == OK:
            found.setdefault((row["level"], frozenset((row["first"], row["second"]))), []).append(row)
    return found


def _word_error_rate(clips: Sequence[Row]) -> Estimate:
    known = [row for row in clips if row["word_errors"] is not None]
    return statistics.ratio(
        np.array([row["word_errors"] for row in known], float),
        np.array([row["reference_words"] for row in known], float),
    )


def _boundaries(rows: Sequence[Row]) -> Differences | None:
    edges = ("start_differences_s", "end_differences_s")
    return Differences.of(value for row in rows for edge in edges for value in row[edge])


def _agreement(rows: Sequence[Row]) -> KeyFrameAgreement | None:
    if not rows:
        return None
    return KeyFrameAgreement(fmean(row["exact_f1"] for row in rows), fmean(row["f1"] for row in rows), len(rows))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
