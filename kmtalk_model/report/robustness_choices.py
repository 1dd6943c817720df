"""What each recogniser, aligner and selector changes by itself: averaged over the combinations that differ in it alone.

A combination is one training, whose seed moves the figures as well; the mean of several is moved less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from kmtalk_align.results import Run
from kmtalk_model import statistics
from kmtalk_model.comparison import Comparison
from kmtalk_model.protocols import Metric
from kmtalk_model.report.robustness import Robustness
from kmtalk_model.statistics import Difference, Values

# The kinds of choices, as fields of Run, by what people call them.
KINDS = MappingProxyType({"asr": "recogniser", "aligner": "aligner", "selector": "selector"})


@dataclass(frozen=True)
class Choice:
    """A recogniser, aligner or selector instead of the reference's.

    pairs: combinations that differ in nothing else, the one with this choice first; differences: by metric, the mean of
    the first ones' figures less that of the others'.
    """

    kind: str
    name: str
    instead_of: str
    pairs: tuple[tuple[Run, Run], ...]
    differences: Mapping[str, Difference]


def choices(study: Robustness) -> Iterator[Choice]:
    """What each choice changes that at least two pairs of combinations differ in."""
    for kind in KINDS:
        usual = getattr(study.reference, kind)
        for name in dict.fromkeys(getattr(run, kind) for run in study.runs):
            with_it = [run for run in study.runs if getattr(run, kind) == name]
            twins = [(run, replace(run, **{kind: usual})) for run in with_it]
            pairs = tuple((run, twin) for run, twin in twins if twin in study.runs)
            if name != usual and len(pairs) > 1:
                yield Choice(kind, name, usual, pairs, _differences(study.comparison, pairs))


def _differences(comparison: Comparison, pairs: Sequence[tuple[Run, Run]]) -> Mapping[str, Difference]:
    ones, others = zip(*pairs, strict=True)
    return {
        metric.name: statistics.paired(
            _mean(comparison, metric, ones), _mean(comparison, metric, others), relative=not metric.signed
        )
        for metric in comparison.metrics
    }


def _mean(comparison: Comparison, metric: Metric, runs: Sequence[Run]) -> tuple[Values, Values]:
    """Sums and weights (C,) of the clips, means over runs: the weights are the same in all."""
    parts = np.mean([comparison.parts(run.name, metric) for run in runs], axis=0)
    return parts[0], parts[1]
