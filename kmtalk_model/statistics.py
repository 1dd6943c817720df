"""Bootstrap over clips: intervals of ratios of sums, and of their differences between two systems.

The percentile bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13), by scipy. A clip is drawn
with all its frames, since the frames of a clip are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

RESAMPLES = 10_000
LEVEL = 0.95
# Numbers that are drawn at a time: resamples of many clips are drawn in parts.
_AT_A_TIME = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval over so many clips.

    value: None where no clip has one; low, high: None where fewer than two clips, or a resample without a value,
    give no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    clips: int


@dataclass(frozen=True)
class Difference:
    """A system's figure less the reference's, over the clips that both have.

    relative: as a share of the reference's figure; None where it may be negative.
    """

    absolute: Estimate
    relative: Estimate | None


def ratio(sums: Values, weights: Values, *, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """sum(sums) / sum(weights) over clips, each (C,), with its interval. A clip of weight 0 has no value."""
    return _estimate(_ratio, (sums, weights), weights > 0, seed, resamples)


def paired(
    one: tuple[Values, Values],
    other: tuple[Values, Values],
    *,
    relative: bool,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Difference:
    """The difference of two ratios, one - other, over the clips (C,) that have a value in both: (sums, weights) each.

    Both are drawn together, so that what makes a clip hard for both does not widen the interval.
    """
    both = (one[1] > 0) & (other[1] > 0)
    parts = (*one, *other)
    absolute = _estimate(_less, parts, both, seed, resamples)
    return Difference(absolute, _estimate(_less_as_share, parts, both, seed, resamples) if relative else None)


def _ratio(sums: Values, weights: Values, axis: int = -1) -> Any:
    return sums.sum(axis=axis) / weights.sum(axis=axis)


def _less(sums: Values, weights: Values, other_sums: Values, other_weights: Values, axis: int = -1) -> Any:
    return _ratio(sums, weights, axis) - _ratio(other_sums, other_weights, axis)


def _less_as_share(sums: Values, weights: Values, other_sums: Values, other_weights: Values, axis: int = -1) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):  # a reference without any error has no share: NaN
        return _ratio(sums, weights, axis) / _ratio(other_sums, other_weights, axis) - 1.0


def _estimate(
    statistic: Callable[..., Any], parts: tuple[Values, ...], known: NDArray[np.bool_], seed: int, resamples: int
) -> Estimate:
    """A statistic of the known clips with its interval; the same values and seed give the same interval."""
    from scipy.stats import bootstrap

    chosen = tuple(part[known] for part in parts)
    clips = int(known.sum())
    if not clips:
        return Estimate(None, None, None, 0)
    value = float(statistic(*chosen))
    if not np.isfinite(value):
        return Estimate(None, None, None, clips)
    if clips < 2:
        return Estimate(value, None, None, clips)
    found = bootstrap(
        chosen,
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _AT_A_TIME // clips),
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    if not np.isfinite([found.low, found.high]).all():
        return Estimate(value, None, None, clips)
    return Estimate(value, float(found.low), float(found.high), clips)
