"""All that a quality report is made of, gathered shard by shard: memory grows with one shard and a row a clip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kmtalk_align import progress
from kmtalk_align.errors import ConfigError
from kmtalk_align.quality.agreement import disagreements
from kmtalk_align.quality.attention import Concern, Reason, rank, reasons_by_clip
from kmtalk_align.quality.clips import Clip, clips_of
from kmtalk_align.quality.given_times import compare_with_given
from kmtalk_align.quality.premise import Mesh, premise_of
from kmtalk_align.quality.summary import RunSummary
from kmtalk_align.quality.tables import GIVEN_TIMES, PREMISE
from kmtalk_align.results import Results, Run, Shard
from kmtalk_align.stage import Row
from kmtalk_align.tables import CLIPS, DISAGREEMENT


@dataclass
class Quality:
    """What is known of the runs of a corpus.

    clips: of each run; reasons: why to look at each of them, in the same order; concerns: utterances, the gravest
    first; the rest are rows of the tables of the same names. notices: what could not be looked at, and why.
    """

    results: Results
    runs: list[Run]
    clips: dict[Run, list[Clip]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[Run, list[list[Reason]]] = field(default_factory=dict)
    concerns: list[Concern] = field(default_factory=list)
    disagreement: list[Row] = field(default_factory=list)
    given_times: list[Row] = field(default_factory=list)
    premise: list[Row] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def aligned(self) -> list[str]:
        """The alignments of the runs, each once."""
        return list(dict.fromkeys(run.aligned for run in self.runs))

    def summary(self, run: Run) -> RunSummary:
        """The counts of a run."""
        found = RunSummary(run.name, missing_shards=len(self.results.missing_shards(run)))
        for clip in self.clips[run]:
            found.add(clip)
        return found

    def write(self, folder: Path) -> None:
        """Write the tables. Raises ArtefactError where one can't be written."""
        rows = []
        for run in self.runs:
            for clip, reasons in zip(self.clips[run], self.reasons[run], strict=True):
                rows.append(
                    clip.row()
                    | {
                        "severity": float(sum(reason.points for reason in reasons)),
                        "reasons": [reason.rule for reason in reasons],
                        "message": "; ".join(reason.found for reason in reasons),
                    }
                )
        CLIPS.write(folder / "clips.parquet", rows)
        DISAGREEMENT.write(folder / "disagreement.parquet", self.disagreement)
        GIVEN_TIMES.write(folder / "given_times.parquet", self.given_times)
        PREMISE.write(folder / "premise.parquet", self.premise)


def collect(folder: Path, root: Path | None, names: Iterable[str] = ()) -> Quality:
    """Look at the runs `names` (all where empty) of the results in `folder`; `root`: the corpus' root, if it is here.

    Raises ArtefactError where there are no results or a table can't be read, ConfigError where there is no such run or
    root.
    """
    if root is not None and not root.is_dir():
        raise ConfigError(
            "there is no such folder", where=f"--root {root}", fix="give the corpus' root, or leave it out"
        )
    results = Results.open(folder)
    quality = Quality(results, results.runs(names))
    if not quality.runs:
        quality.notices.append("No run has come to key frames yet; the logs under results/<corpus>/logs say why.")
    mesh = Mesh.of(results.corpus)
    _notice_what_is_missing(quality, root, mesh)
    with progress.bar("quality", len(results.shards)) as advance:
        for name in results.shards:
            _look_at(Shard(results, name), quality, root, mesh)
            advance()
    for run in quality.runs:
        quality.reasons[run] = reasons_by_clip(quality.clips[run], results.score_limit(run.aligned))
    quality.concerns = rank(
        pair for run in quality.runs for pair in zip(quality.clips[run], quality.reasons[run], strict=True)
    )
    _notice_what_failed(quality)
    return quality


def _look_at(shard: Shard, quality: Quality, root: Path | None, mesh: Mesh | None) -> None:
    runs = [run for run in quality.runs if shard.has(run)]
    aligned = list(dict.fromkeys(run.aligned for run in runs))
    between = list(disagreements(shard, runs))
    quality.disagreement += between
    rates = _recogniser_disagreement(shard, between)
    for run in runs:
        quality.clips[run] += clips_of(shard, run, rates)
    if root is not None:
        quality.given_times += compare_with_given(shard, aligned, root)
        if mesh is not None:
            quality.premise += premise_of(shard, aligned, root, mesh)


def _recogniser_disagreement(shard: Shard, rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """By recogniser and utterance, the highest word error rate against another; given transcripts are not such."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        names = (row["first"], row["second"])
        if (
            row["level"] == "transcripts"
            and row["word_errors"] is not None
            and all(shard.heard(name, row["utterance_id"]) for name in names)
        ):
            rate = row["word_errors"] / max(row["first_count"], 1)
            for name in names:
                key = (name, row["utterance_id"])
                found[key] = max(found[key], rate)
    return found


def _notice_what_is_missing(quality: Quality, root: Path | None, mesh: Mesh | None) -> None:
    for run in quality.runs:
        missing = quality.results.missing_shards(run)
        if missing:
            quality.notices.append(
                f"{run.name} is not whole: {len(missing)} of {len(quality.results.shards)} shards are missing "
                f"({', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}); the logs say why."
            )
    if root is None:
        quality.notices.append(
            "The corpus' root was not given (--root), so aligned words were not compared with its word times, and the "
            "premise was not tested."
        )
    elif mesh is None:
        quality.notices.append("The corpus has no motion, so the premise was not tested.")


def _notice_what_failed(quality: Quality) -> None:
    """What kept a comparison from being made, but for clips that were not aligned, which have a list of their own."""
    for rows, what in ((quality.given_times, "word or phone times"), (quality.premise, "the premise")):
        messages = list(
            dict.fromkeys(
                f"{row['utterance_id']}: {row['message']}"
                for row in rows
                if row["message"] and row["message"] != "was not aligned"
            )
        )
        if messages:
            more = f" (and {len(messages) - 5} more; see the tables)" if len(messages) > 5 else ""
            quality.notices.append(f"Left out of {what}: {'; '.join(messages[:5])}{more}.")
