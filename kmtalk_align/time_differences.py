"""How far times lie from each other: what all reports say of boundaries, by one formula."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Differences:
    """Of n signed time differences: the median and the 95th percentile of their size, their mean, and the shares of
    them within 20, 50 and 100 ms.
    """

    n: int
    median_s: float
    percentile_95_s: float
    bias_s: float
    within_20_ms: float
    within_50_ms: float
    within_100_ms: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Differences | None:
        """The statistics of some differences in seconds; None of none."""
        found = np.fromiter(values, float)
        if not len(found):
            return None
        # Times are rounded to microseconds: 20 ms computed from two of them is still within 20 ms.
        size = np.round(np.abs(found), 6)
        within = [float(np.mean(size <= limit)) for limit in (0.02, 0.05, 0.1)]
        return cls(len(found), float(np.median(size)), float(np.percentile(size, 95)), float(np.mean(found)), *within)
