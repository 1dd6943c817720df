"""Statistics that the report shares: robust z-scores, means with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# Makes the median absolute deviation of a normal distribution its standard deviation.
_MAD_TO_SIGMA = 1.4826
_FEWEST_FOR_Z = 10


@dataclass(frozen=True)
class Spread:
    """The median of some values and their robust standard deviation, 1.4826 times the median absolute deviation."""

    median: float
    sigma: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """The spread of some values; None where they are too few or all but alike, so that none can stand out."""
        if len(values) < _FEWEST_FOR_Z:
            return None
        median = float(np.median(values))
        sigma = _MAD_TO_SIGMA * float(np.median(np.abs(np.asarray(values) - median)))
        return cls(median, sigma) if sigma > 1e-9 * max(1.0, abs(median)) else None

    def z(self, value: float) -> float:
        """How many standard deviations a value lies above the median."""
        return (value - self.median) / self.sigma


@dataclass(frozen=True)
class Interval95:
    """Means over clips and their bootstrap 95 % intervals, one (k,) each; n clips."""

    n: int
    mean: Array
    low: Array
    high: Array


def bootstrap(values: Array, *, draws: int = 1000, seed: int = 0) -> Interval95:
    """Means of the columns of (clips, k) with 95 % intervals by the percentile bootstrap over clips; NaN is no value.

    The same values give the same intervals: the seed is fixed. (Efron & Tibshirani, An Introduction to the Bootstrap,
    1993, ch. 13.)
    """
    generator = np.random.default_rng(seed)
    n = len(values)
    filled, known = np.nan_to_num(values), (~np.isnan(values)).astype(float)

    def mean(times: NDArray[np.int64]) -> Array:
        """The means where each clip is there so many times."""
        with np.errstate(invalid="ignore"):
            found: Array = (times @ filled) / (times @ known)
        return found

    drawn = [mean(np.bincount(generator.integers(n, size=n), minlength=n)) for _ in range(draws)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return Interval95(n, mean(np.ones(n, dtype=np.int64)), low, high)
