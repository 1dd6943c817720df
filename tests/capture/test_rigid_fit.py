"""rigid_fit.py: a known turn, scale and move is found again, and nothing else is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kmtalk_align.capture.rigid_fit import fitted


def turn(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """The rotation about an axis. Source: Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@given(
    seed=st.integers(0, 10_000),
    angle=st.floats(-3.1, 3.1),
    scale=st.floats(1e-3, 1e3),
    move=st.tuples(*[st.floats(-1e3, 1e3)] * 3),
)
def test_a_known_transform_is_undone(seed: int, angle: float, scale: float, move: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(seed)
    target, weights = rng.normal(size=(7, 3)), rng.uniform(0.1, 2, 7)
    posed = scale * target @ turn(rng.normal(size=3), angle).T + move
    np.testing.assert_allclose(fitted(posed[None], target, weights)[0], target, atol=1e-6)


def test_each_frame_is_laid_on_by_itself() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=(5, 3))
    posed = np.stack([scale * target @ turn(rng.normal(size=3), 1.0).T + scale for scale in (0.5, 2.0, 40.0)])
    np.testing.assert_allclose(fitted(posed, target, np.ones(5)), [target] * 3, atol=1e-9)


def test_only_the_chosen_points_count_and_the_others_move_with_them() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, 3))
    pose = turn(rng.normal(size=3), 0.7)
    chosen = np.array([5, 0, 3, 2])
    laid = fitted(3 * points[None] @ pose.T + 2, points[chosen], np.ones(4), chosen)
    np.testing.assert_allclose(laid[0], points, atol=1e-9)


def test_a_point_counts_by_its_weight() -> None:
    rng = np.random.default_rng(2)
    target = rng.normal(size=(6, 3))
    points = target.copy()
    points[0] += 1
    off = [
        np.linalg.norm(fitted(points[None], target, np.r_[one, np.ones(5)])[0] - target, axis=1) for one in (0, 1, 50)
    ]
    assert off[0][1:].max() < 1e-9
    assert off[0][0] > off[1][0] > off[2][0]


def test_the_weighted_error_is_the_least() -> None:
    rng = np.random.default_rng(4)
    target, weights = rng.normal(size=(8, 3)), rng.uniform(0.1, 1, 8)
    points = 2 * target @ turn(rng.normal(size=3), 0.4).T + rng.normal(scale=0.1, size=(8, 3))

    def error(laid: NDArray[np.floating]) -> float:
        return float((weights * ((laid - target) ** 2).sum(axis=1)).sum())

    best = fitted(points[None], target, weights)[0]
    middle = np.average(best, axis=0, weights=weights)
    for _ in range(200):
        nudge = turn(rng.normal(size=3), rng.normal(scale=0.01)) * (1 + rng.normal(scale=0.01))
        assert error((best - middle) @ nudge.T + middle + rng.normal(scale=0.01, size=3)) >= error(best)


def test_a_mirrored_face_is_turned_and_never_mirrored() -> None:
    rng = np.random.default_rng(5)
    target = rng.normal(size=(6, 3)) * [3, 2, 0.5]
    laid = fitted((target * [-1, 1, 1])[None], target, np.ones(6))[0]
    relation = np.linalg.lstsq(target * [-1, 1, 1] - (target * [-1, 1, 1]).mean(0), laid - laid.mean(0), rcond=None)[0]
    assert np.linalg.det(relation) > 0


def test_a_flat_face_has_a_pose() -> None:
    target = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 2, 0]])
    pose = turn(np.array([1.0, 2, 3]), 0.8)
    np.testing.assert_allclose(fitted((target @ pose.T)[None], target, np.ones(4))[0], target, atol=1e-9)


@pytest.mark.parametrize("points", [np.zeros((4, 3)), np.arange(4.0)[:, None] * [1, 2, 3]])
def test_points_on_a_line_have_no_pose(points: NDArray[np.float64]) -> None:
    target = np.random.default_rng(6).normal(size=(4, 3))
    with pytest.raises(ValueError, match="no orientation"):
        fitted(points[None], target, np.ones(4))


@pytest.mark.parametrize("weights", [np.zeros(4), np.array([1, 1, 1, -1.0])])
def test_weights_that_weigh_nothing_are_refused(weights: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="weights"):
        fitted(np.eye(4, 3)[None], np.eye(4, 3), weights)
