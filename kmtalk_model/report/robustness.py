"""The robustness study (KMTalk Table 4): how much an experiment depends on where its key frames come from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.blocks import BLOCK_FILE
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.results import Results, Run, Shard
from kmtalk_model.comparison import Comparison
from kmtalk_model.protocols import Metric
from kmtalk_model.report.combine import common_clips
from kmtalk_model.report.robustness_measures import Measured, measure
from kmtalk_model.report.scored import VAL, Scored
from kmtalk_model.robustness import experiment_with
from kmtalk_model.statistics import Estimate

# What the paper reports, and the size of FDD, which can't cancel out over clips.
LVE, FDD, ABSOLUTE_FDD = METRICS = (
    "lip_vertex_error",
    "upper_face_dynamics_deviation",
    "absolute_upper_face_dynamics_deviation",
)


@dataclass(frozen=True)
class Robustness:
    """An experiment trained on the key frames of several runs.

    comparison: the figures, where each system is a run by its name; measured: what its key frames are, by run; offsets:
    frames by which they are shifted, None where that is not known; notices: what a reader must know.
    """

    experiment: str
    runs: tuple[Run, ...]
    comparison: Comparison
    measured: Mapping[Run, Measured]
    offsets: Mapping[Run, int | None]
    notices: tuple[str, ...]

    @property
    def reference(self) -> Run:
        """The run that the others are compared with."""
        return self.runs[0]

    def metric(self, name: str) -> Metric:
        """The metric of a name."""
        return next(metric for metric in self.comparison.metrics if metric.name == name)

    def signed_share(self, run: Run) -> float | None:
        """The change of FDD as a share of the reference's, as the paper's table has it.

        None where the reference's interval holds 0, so that a share of it means nothing.
        """
        of = self.comparison.estimates[self.reference.name][FDD]
        change = self.comparison.differences[run.name][FDD].absolute.value
        if change is None or not of.value or not excludes_zero(of):
            return None
        return change / of.value


def excludes_zero(found: Estimate) -> bool:
    """Whether all of an interval lies on one side of 0."""
    return found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)


def study_robustness(
    results: Path, experiment: str, split: str, names: Sequence[str] = (), reference: str | None = None
) -> Robustness:
    """The study of the runs `names`, all that were scored where empty; reference: the first of them if None.

    Raises ArtefactError where a run was not scored, or something is missing or malformed; ConfigError where there is no
    such run, or the evaluations can't be compared.
    """
    runs = _runs([*names] or _scored_runs(results, experiment, split), results, experiment, split)
    first = _named(reference, runs) if reference else runs[0]
    runs = [first, *(run for run in runs if run != first)]
    evaluations = [_evaluation(results, experiment, run, split) for run in runs]
    opened = Results.open(results)
    return Robustness(
        experiment=experiment,
        runs=tuple(runs),
        comparison=_comparison(evaluations, experiment, runs),
        measured=measure(results / "quality", runs, first),
        offsets={run: _offset(results / "keyframes" / run.name) for run in runs},
        notices=tuple(dict.fromkeys([*_said(evaluations), *_own_transcripts(opened, runs)])),
    )


def _scored_runs(results: Path, experiment: str, split: str) -> list[str]:
    suffix = "" if split == VAL else f".{split}"
    wanted = re.compile(rf"{re.escape(experiment)}\.([^.]+\.[^.]+\.[^.]+){re.escape(suffix)}\.json")
    found = [wanted.fullmatch(path.name) for path in (results / "evaluation").glob("*.json")]
    return sorted(match[1] for match in found if match)


def _runs(names: Sequence[str], results: Path, experiment: str, split: str) -> list[Run]:
    if not names:
        raise ArtefactError(
            f"holds no evaluation of {experiment}.<asr>.<aligner>.<selector> on {split}",
            where=results / "evaluation",
            fix="`snakemake robustness` makes them, by the config's key `robustness`",
        )
    parts = [name.split(".") for name in dict.fromkeys(names)]
    for own in parts:
        if len(own) != 3 or not all(own):
            raise ConfigError(
                f"{'.'.join(own)!r} is no run",
                where="--run",
                fix="name it <asr>.<aligner>.<selector>, as results/ has it",
            )
    return [Run(*own) for own in parts]


def _named(name: str, runs: Sequence[Run]) -> Run:
    for run in runs:
        if run.name == name:
            return run
    raise ConfigError(
        f"{name!r} is not studied", where="--reference", fix=f"choose from: {', '.join(run.name for run in runs)}"
    )


def _evaluation(results: Path, experiment: str, run: Run, split: str) -> Scored:
    name = experiment_with(experiment, run)
    path = results / "evaluation" / f"{name}{'' if split == VAL else f'.{split}'}.json"
    if not path.is_file():
        raise ArtefactError(
            f"is missing: {experiment} was not trained on the key frames of {run.name}, or not scored on {split}",
            where=path,
            fix="`snakemake robustness` makes it, by the config's key `robustness`",
        )
    scored = Scored.open(path)
    if name not in scored.scores:
        raise ArtefactError(
            f"holds no system {name}, but {', '.join(scored.scores)}", where=path, fix="evaluate the run again"
        )
    return scored


def _comparison(evaluations: Sequence[Scored], experiment: str, runs: Sequence[Run]) -> Comparison:
    """The runs side by side, on the clips that all were scored on."""
    first = evaluations[0]
    clips = common_clips(evaluations)
    scores = {
        run.name: [scored.scores[experiment_with(experiment, run)][clip] for clip in clips]
        for run, scored in zip(runs, evaluations, strict=True)
    }
    return Comparison(
        corpus=first.said["corpus"],
        description=first.said["description"],
        unit=first.unit,
        split=first.said["split"],
        protocol=first.protocol,
        metrics=tuple(metric for metric in first.protocol.metrics if metric.name in METRICS),
        reference=runs[0].name,
        scores=scores,
        figures={name: {} for name in scores},
        left_out={one: why for scored in evaluations for one, why in scored.said["left_out"].items()},
        aligned=None,
        notices=(),
    )


def _said(evaluations: Sequence[Scored]) -> Iterator[str]:
    """What the evaluations say of the figures that are shown, and the clips that not all of them have."""
    others = [metric.label for metric in evaluations[0].protocol.metrics if metric.name not in METRICS]
    for scored in evaluations:
        for notice in scored.said["notices"]:
            if not any(notice.startswith(f"{label} is left out") for label in others):
                yield notice
    clips = len(common_clips(evaluations))
    for scored in evaluations:
        if more := len(scored.clips) - clips:
            yield f"{more} clips of {scored.path.name} are left out, which another evaluation lacks"


def _own_transcripts(results: Results, runs: Sequence[Run]) -> Iterator[str]:
    shard = Shard(results, results.shards[0])
    for asr in dict.fromkeys(run.asr for run in runs):
        if not shard.listens(asr):
            yield f"{asr} gives the corpus' own transcripts, where there are any: its word error rate is 0 by that"


def _offset(key_frames: Path) -> int | None:
    """The frames by which the selector that made a folder shifts key frames, where that is known."""
    try:
        return int(json.loads((key_frames / BLOCK_FILE).read_bytes())["offset"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
