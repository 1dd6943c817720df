"""Several evaluations of one split as one comparison: each system once, on the clips that all have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from kmtalk_align.errors import ConfigError
from kmtalk_model.comparison import Comparison
from kmtalk_model.protocols import ClipScore, Metric
from kmtalk_model.report.scored import Scored
from kmtalk_model.rivals import RIVALS

Scores = Mapping[str, ClipScore]
# Of the values of a clip, which a library may sum in another order.
_SAME = 1e-6


@dataclass(frozen=True)
class Combined:
    """A comparison, and which of its systems are rivals: no runs, but what a run must beat."""

    comparison: Comparison
    rivals: frozenset[str]


@dataclass(frozen=True)
class _System:
    """own_name: what it is called in the evaluation that it is taken from."""

    name: str
    own_name: str
    scored: Scored

    @property
    def scores(self) -> Scores:
        return self.scored.scores[self.own_name]

    @property
    def is_rival(self) -> bool:
        return self.own_name in RIVALS


def combine(paths: Sequence[Path], reference: str | None = None) -> Combined:
    """The evaluations of some JSONs side by side: runs in the order given, then rivals.

    A clip that one evaluation left out is left out for all. reference: the system that the others are compared with;
    the first evaluation's if None. Raises ConfigError where they are not of one corpus, split and protocol, or names
    clash; ArtefactError where a file is missing or malformed.
    """
    evaluations = [Scored.open(path) for path in paths]
    first = evaluations[0]
    clips = common_clips(evaluations)
    systems, notices = _told_apart(evaluations, clips)
    names = [one.name for one in systems]
    if reference is not None and reference not in names:
        raise ConfigError(
            f"there is no system {reference!r}", where="--reference", fix=f"choose from: {', '.join(names)}"
        )
    comparison = Comparison(
        corpus=first.said["corpus"],
        description=first.said["description"],
        unit=first.unit,
        split=first.said["split"],
        protocol=first.protocol,
        metrics=tuple(metric for metric in first.protocol.metrics if not _why_without(metric, evaluations)),
        reference=reference or first.said["reference"],
        scores={one.name: [one.scores[clip] for clip in clips] for one in systems},
        figures={one.name: one.scored.said["systems"][one.own_name]["figures"] for one in systems},
        left_out={one: why for other in evaluations for one, why in other.said["left_out"].items()},
        aligned=first.said["alignments"],
        notices=tuple(dict.fromkeys([*_notices(evaluations, len(clips)), *notices])),
    )
    return Combined(comparison, frozenset(one.name for one in systems if one.is_rival))


def common_clips(evaluations: Sequence[Scored]) -> list[str]:
    """The clips that all evaluations have. Raises ConfigError as `combine` does."""
    first = evaluations[0]
    for other in evaluations[1:]:
        _check_comparable(first, other)
    clips = [one for one in first.clips if all(one in other.clips for other in evaluations)]
    if not clips:
        raise ConfigError("have no clip in common", where=", ".join(str(one.path) for one in evaluations))
    return clips


def _check_comparable(one: Scored, other: Scored) -> None:
    """Raise ConfigError where figures of two evaluations must not stand in one column."""
    for key in ("corpus", "split", "protocol"):
        if one.said[key] != other.said[key]:
            raise ConfigError(
                f"is of {key} {other.said[key]!r}, and {one.path} of {one.said[key]!r}",
                where=other.path,
                fix="compare evaluations of one corpus, split and protocol",
            )
    fix = "evaluate both again: the corpus has changed in between"
    if one.split != other.split:
        only = sorted(one.split ^ other.split)
        raise ConfigError(
            f"and {one.path} are of other clips of {one.said['split']}: {only[0]} is in one of them alone",
            where=other.path,
            fix=fix,
        )
    for clip in sorted(one.clips.keys() & other.clips.keys()):
        mine, theirs = one.clips[clip], other.clips[clip]
        if (mine.frames, mine.subject) != (theirs.frames, theirs.subject):
            raise ConfigError(
                f"{clip}, of {theirs.subject}, is other motion than in {one.path}",
                where=other.path,
                fix=fix,
            )


def _told_apart(evaluations: Sequence[Scored], clips: Sequence[str]) -> tuple[list[_System], list[str]]:
    """Each system once, runs before rivals, and what is to be said of rivals that differ between evaluations."""
    found: dict[str, _System] = {}
    notices = []
    for scored in evaluations:
        for name, scores in scored.scores.items():
            known = found.get(name)
            if known is None:
                found[name] = _System(name, name, scored)
            elif not _agree(known.scores, scores, clips):
                if name not in RIVALS:
                    raise ConfigError(
                        f"has other figures of {name} than {known.scored.path}",
                        where=scored.path,
                        fix="give the one that counts, or give one of the runs another name",
                    )
                own = f"{name} ({scored.path.stem})"
                found[own] = _System(own, name, scored)
                notices.append(
                    f"{name} is another in {scored.path.name} than in {known.scored.path.name}, as where the runs hear "
                    f"other features; it stands as {own} too"
                )
    return sorted(found.values(), key=lambda one: one.is_rival), notices


def _agree(one: Scores, other: Scores, clips: Sequence[str]) -> bool:
    mine, theirs = _numbers(one, clips), _numbers(other, clips)
    # A value near 0 may be a difference of large ones: each column has its own scale.
    scale = np.nan_to_num(np.abs(mine)).max(axis=0)
    return np.allclose(mine, theirs, rtol=0, atol=_SAME * scale, equal_nan=True)


def _numbers(scores: Scores, clips: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The values of clips, without id and subject; NaN where there is none."""
    return np.array(
        [[np.nan if value is None else value for value in astuple(scores[one])[2:]] for one in clips], float
    )


def _why_without(metric: Metric, evaluations: Sequence[Scored]) -> str:
    """Why a metric can't be compared; empty where it can."""
    if any(metric.name not in one.said["metrics"] for one in evaluations):
        return "not every evaluation has it"
    aligned = list(dict.fromkeys(one.said["alignments"] for one in evaluations))
    if metric.needs == "bilabials" and len(aligned) > 1:
        return f"the evaluations go by other alignments: {', '.join(aligned)}"
    return ""


def _notices(evaluations: Sequence[Scored], clips: int) -> Iterator[str]:
    """What a reader must know: what each evaluation said, and what putting them together cost."""
    for one in evaluations:
        yield from one.said["notices"]
    for metric in evaluations[0].protocol.metrics:
        has = any(metric.name in one.said["metrics"] for one in evaluations)
        if has and (why := _why_without(metric, evaluations)):
            yield f"{metric.label} is left out: {why}"
    for one in evaluations:
        if more := len(one.clips) - clips:
            yield f"{more} clips of {one.path.name} are left out, which another evaluation lacks"
