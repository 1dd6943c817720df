"""quality/statistics.py: spreads, intervals."""

from __future__ import annotations

import numpy as np
import pytest

from kmtalk_align.quality.statistics import Spread, bootstrap


def test_a_robust_z_is_not_moved_by_an_outlier() -> None:
    values = [float(value) for value in range(20)]
    spread, with_outlier = Spread.of(values), Spread.of([*values, 1e6])
    assert spread is not None
    assert with_outlier is not None
    assert spread.z(9.5) == 0.0
    assert with_outlier.z(1e6) > 1000
    assert with_outlier.z(0.0) == pytest.approx(spread.z(0.0), abs=0.2)


@pytest.mark.parametrize("values", [[1.0] * 30, [1.0, 2.0], []])
def test_nothing_stands_out_of_few_or_equal_values(values: list[float]) -> None:
    assert Spread.of(values) is None


def test_an_interval_holds_the_mean_and_repeats() -> None:
    values = np.random.default_rng(1).normal(3.0, 1.0, (400, 2))
    found, again = bootstrap(values), bootstrap(values)
    assert np.allclose(found.mean, values.mean(0))
    assert np.array_equal(found.low, again.low)
    # The standard error of a mean of 400 is 1 / 20; the interval is about 1.96 of it to either side.
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_a_missing_value_is_no_value() -> None:
    values = np.array([[1.0, np.nan], [3.0, 5.0], [5.0, 5.0]])
    found = bootstrap(values)
    assert found.mean.tolist() == [3.0, 5.0]
    assert found.low[1] == found.high[1] == 5.0
