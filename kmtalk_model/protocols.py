"""Named protocols: how the values of clips become one number of a split. Numbers of different names don't compare.

Every figure is a ratio of sums over clips, so that any of them can be drawn anew (statistics.py): a protocol says what
is summed, and by what it is divided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from kmtalk_align.errors import ConfigError


@dataclass(frozen=True)
class ClipScore:
    """What one system's prediction of one clip is worth, in the corpus' unit; sums go with their counts.

    squared_lip_errors, lip_errors: sums over `frames` of the largest squared distance, and of its root; dynamics_lost:
    upper-face dynamics, captured - predicted; closure_excess, closure_error: sums over `bilabials` phones of the
    smallest mouth opening, predicted - captured, and of its size.
    """

    utterance_id: str
    subject: str
    frames: int
    squared_lip_errors: float
    lip_errors: float
    dynamics_lost: float
    vertex_error: float
    opening_correlation: float | None = None
    bilabials: int = 0
    closure_excess: float = 0.0
    closure_error: float = 0.0


@dataclass(frozen=True)
class Metric:
    """A figure: the ratio of two sums over clips.

    power: of the length unit that it is in; signed: may be negative, so that a share of it means nothing; mean: the
    value of a clip is its mean over frames or phones, which a protocol may pool over clips; best: for people.
    """

    name: str
    label: str
    meaning: str
    power: int
    total: Callable[[ClipScore], float]
    count: Callable[[ClipScore], float]
    signed: bool = False
    mean: bool = False
    needs: str | None = None
    best: Literal["lower is better", "0 is best", "higher is better"] = "lower is better"


_LVE = Metric(
    "lip_vertex_error",
    "LVE",
    "largest squared distance among the lip vertices, mean over frames",
    2,
    lambda clip: clip.squared_lip_errors,
    lambda clip: clip.frames,
    mean=True,
)
_LVE_ROOT = Metric(
    "lip_vertex_error",
    "LVE",
    "largest distance among the lip vertices, mean over frames",
    1,
    lambda clip: clip.lip_errors,
    lambda clip: clip.frames,
    mean=True,
)
_COMMON = (
    Metric(
        "upper_face_dynamics_deviation",
        "FDD",
        "upper-face dynamics, captured - predicted, mean over clips",
        2,
        lambda clip: clip.dynamics_lost,
        lambda _: 1,
        signed=True,
        best="0 is best",
    ),
    Metric(
        "absolute_upper_face_dynamics_deviation",
        "absolute FDD",
        "the size of each clip's FDD, mean over clips",
        2,
        lambda clip: abs(clip.dynamics_lost),
        lambda _: 1,
    ),
    Metric(
        "mean_vertex_error",
        "MVE",
        "distance, mean over all vertices and frames",
        1,
        lambda clip: clip.vertex_error * clip.frames,
        lambda clip: clip.frames,
        mean=True,
    ),
    Metric(
        "mouth_opening_correlation",
        "opening r",
        "Pearson's correlation of the mouth opening, mean over the clips that have one",
        0,
        lambda clip: clip.opening_correlation or 0.0,
        lambda clip: clip.opening_correlation is not None,
        signed=True,
        needs="mouth_opening",
        best="higher is better",
    ),
    Metric(
        "bilabial_closure_excess",
        "closure",
        "smallest mouth opening within a /p b m/, predicted - captured, mean over phones",
        1,
        lambda clip: clip.closure_excess,
        lambda clip: clip.bilabials,
        signed=True,
        mean=True,
        needs="bilabials",
        best="0 is best",
    ),
    Metric(
        "absolute_bilabial_closure_error",
        "absolute closure",
        "the size of that difference, mean over phones",
        1,
        lambda clip: clip.closure_error,
        lambda clip: clip.bilabials,
        mean=True,
        needs="bilabials",
    ),
)


@dataclass(frozen=True)
class Protocol:
    """A way to compute the figures, by its name.

    pooled: means are over all frames (or phones) of all clips, else over the means of clips; only_unit: the one unit of
    a corpus that it is for (any where None), which it reports as `shown_unit`, `factor` of them to the corpus' unit.
    """

    name: str
    metrics: tuple[Metric, ...]
    pooled: bool
    only_unit: str | None = None
    shown_unit: str | None = None
    factor: float = 1.0

    def check_unit(self, unit: str) -> None:
        """Raise ConfigError where a corpus' unit is not the one that the protocol is for."""
        if self.only_unit is not None and unit != self.only_unit:
            fit = ", ".join(name for name, one in PROTOCOLS.items() if one.only_unit in (None, unit))
            raise ConfigError(
                f"protocol {self.name} is for a corpus in {self.only_unit}, the unit of this one is {unit!r}",
                where="--protocol",
                fix=f"choose from: {fit}",
            )

    def unit_of(self, metric: Metric, unit: str) -> str:
        """What a figure is in: `metre^2`, `millimetre`; empty for a pure number."""
        length = self.shown_unit or unit
        return {0: "", 1: length}.get(metric.power, f"{length}^{metric.power}")

    def parts(self, metric: Metric, clip: ClipScore) -> tuple[float, float]:
        """What a clip adds above and below the line of a figure's ratio: (sum, weight). Weight 0: it has no value."""
        total, count = metric.total(clip) * self.factor**metric.power, float(metric.count(clip))
        return (total / count, 1.0) if metric.mean and not self.pooled and count else (total, count)


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        # main/cal_metric.py of CodeTalker, which SelfTalk's authors say they used, and so the paper.
        Protocol("codetalker", (_LVE, *_COMMON), pooled=True),
        # DiffSpeaker takes the mean of a clip first.
        Protocol("per_sequence", (_LVE, *_COMMON), pooled=False),
        # Lengths that a person can picture: the root of the largest squared distance.
        Protocol(
            "millimetre", (_LVE_ROOT, *_COMMON), pooled=True, only_unit="metre", shown_unit="millimetre", factor=1e3
        ),
    )
}


def protocol_of(name: str) -> Protocol:
    """The protocol of a name. Raises ConfigError where there is none."""
    if name not in PROTOCOLS:
        raise ConfigError(
            f"there is no protocol {name!r}", where="--protocol", fix=f"choose from: {', '.join(PROTOCOLS)}"
        )
    return PROTOCOLS[name]
