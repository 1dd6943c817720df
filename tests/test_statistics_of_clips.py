"""statistics.py: the bootstrap over clips."""

from __future__ import annotations

import numpy as np
import pytest

from kmtalk_model.statistics import Estimate, paired, ratio


def test_a_figure_is_the_ratio_of_the_sums_and_its_interval_that_of_a_plain_bootstrap() -> None:
    random = np.random.default_rng(0)
    weights = random.integers(20, 120, 30).astype(float)
    sums = weights * random.gamma(4.0, 1.0, 30)
    found = ratio(sums, weights)
    drawn = np.random.default_rng(1).integers(30, size=(10_000, 30))
    low, high = np.percentile(sums[drawn].sum(axis=1) / weights[drawn].sum(axis=1), [2.5, 97.5])
    assert found.value == pytest.approx(sums.sum() / weights.sum())
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.02)
    assert found.clips == 30


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Clips of unequal length: 95 % of the intervals, to within the error of 300 trials and a little too few."""
    random = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        weights = random.integers(20, 120, 40).astype(float)
        found = ratio(weights * random.gamma(2.0, 1.0, 40), weights, resamples=500)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 2.0 <= found.high
    assert 0.89 <= hits / 300 <= 0.98


def test_a_seed_repeats_and_another_one_does_not() -> None:
    sums, weights = np.random.default_rng(3).gamma(2.0, 1.0, 20), np.ones(20)
    assert ratio(sums, weights) == ratio(sums, weights, seed=0)
    assert ratio(sums, weights) != ratio(sums, weights, seed=1)


def test_a_clip_without_a_value_does_not_count() -> None:
    sums, weights = np.array([1.0, 0.0, 3.0, 5.0]), np.array([1.0, 0.0, 1.0, 1.0])
    assert ratio(sums, weights) == ratio(sums[[0, 2, 3]], weights[[0, 2, 3]])
    assert ratio(sums, weights).clips == 3


def test_one_clip_has_no_interval_and_none_no_value() -> None:
    assert ratio(np.array([3.0]), np.array([2.0])) == Estimate(1.5, None, None, 1)
    assert ratio(np.array([0.0]), np.array([0.0])) == Estimate(None, None, None, 0)


def test_a_difference_is_paired() -> None:
    """What makes a clip hard for both systems is no doubt about which of them is better."""
    random = np.random.default_rng(4)
    weights, hard = np.full(40, 75.0), random.gamma(2.0, 1.0, 40)
    reference = weights * hard
    worse = weights * hard * random.normal(1.1, 0.02, 40)
    found = paired((worse, weights), (reference, weights), relative=True)
    assert found.relative is not None
    assert found.relative.value == pytest.approx(worse.sum() / reference.sum() - 1)
    assert found.absolute.value == pytest.approx((worse - reference).sum() / weights.sum())
    assert found.relative.low is not None
    assert found.relative.high is not None
    assert 0.08 < found.relative.low < 0.1 < found.relative.high < 0.12
    alone = ratio(worse, weights)
    assert alone.low is not None
    assert found.absolute.low is not None
    assert alone.low < reference.sum() / weights.sum()
    assert found.absolute.low > 0


def test_a_difference_to_a_faultless_reference_has_no_share() -> None:
    weights = np.ones(5)
    found = paired((np.ones(5), weights), (np.zeros(5), weights), relative=True)
    assert found.absolute.value == 1.0
    assert found.relative == Estimate(None, None, None, 5)
    assert paired((np.ones(5), weights), (np.zeros(5), weights), relative=False).relative is None


def test_a_difference_is_over_the_clips_that_both_have() -> None:
    one = np.array([1.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0])
    other = np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])
    assert paired(one, other, relative=False).absolute == Estimate(1.0, None, None, 1)
