"""time_differences.py: how far times lie from each other."""

from __future__ import annotations

import pytest

from kmtalk_align.time_differences import Differences


def test_differences_are_described_by_size_and_bias() -> None:
    found = Differences.of([0.02, -0.02, 0.05, -0.1, 0.3])
    assert found is not None
    assert (found.n, found.median_s) == (5, 0.05)
    assert found.bias_s == pytest.approx(0.05)
    assert found.percentile_95_s == pytest.approx(0.26)
    assert (found.within_20_ms, found.within_50_ms, found.within_100_ms) == (0.4, 0.6, 0.8)
    assert Differences.of([]) is None


def test_a_difference_of_exactly_the_limit_is_within_it() -> None:
    found = Differences.of([0.12 - 0.1, 0.35 - 0.3])
    assert found is not None
    assert (found.within_20_ms, found.within_50_ms) == (0.5, 1.0)
