from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_model.export.components import Components, default_tolerance, find_components
from tests.export.made_animations import sheet


def made_motion(frames: int, vertices: int, rank: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(seed)
    base = random.standard_normal((vertices, 3)).astype(np.float32)
    loud = random.standard_normal((frames, rank)) * 0.5 ** np.arange(rank)
    offsets = loud @ random.standard_normal((rank, vertices * 3))
    return (base + offsets.reshape(frames, vertices, 3)).astype(np.float32), base


def distances(found: Components, vertices: NDArray[np.float32], count: int | None = None) -> NDArray[np.float64]:
    """The reference: every frame of its own, in float64."""
    played = []
    for weights in found.weights.astype(np.float64):
        frame = found.base.astype(np.float64)
        for weight, shape in list(zip(weights, found.shapes.astype(np.float64), strict=True))[:count]:
            frame = frame + weight * shape
        played.append(frame)
    return np.linalg.norm(np.array(played) - vertices, axis=2)


@given(
    frames=st.integers(1, 40),
    vertices=st.integers(1, 12),
    rank=st.integers(1, 50),
    seed=st.integers(0, 99),
    tolerance=st.sampled_from([1e-5, 1e-2, 1.0]),
)
def test_the_bound_holds_on_every_vertex_of_every_frame(
    frames: int, vertices: int, rank: int, seed: int, tolerance: float
) -> None:
    moved, base = made_motion(frames, vertices, rank, seed)
    found = find_components(moved, base, tolerance)
    off = distances(found, moved)
    assert off.max() <= tolerance + 2e-6
    assert found.worst_distance(moved) == pytest.approx(off.max(), abs=5e-6)
    assert 0 <= found.weights.min() <= found.weights.max() == 1
    # One component less would not do.
    last = found.names[-1][: len("motion_000")]
    less = sum(not name.startswith(last) for name in found.names)
    assert less == 0 or distances(found, moved, less).max() > tolerance


def test_more_components_than_are_sought_at_first_are_found() -> None:
    moved = np.random.default_rng(0).standard_normal((60, 40, 3)).astype(np.float32)
    found = find_components(moved, np.zeros((40, 3), np.float32), 0.01)
    assert len(found.shapes) > 32
    assert distances(found, moved).max() <= 0.01


def test_a_component_that_goes_both_ways_is_two_shapes() -> None:
    axis = np.arange(1, 10, dtype=np.float32).reshape(3, 3)
    base = np.ones((3, 3), np.float32)
    swings = find_components(base + np.array([0, 1, -0.5, 0.25], np.float32)[:, None, None] * axis, base, 1e-5)
    assert sorted(swings.names) == ["motion_000_minus", "motion_000_plus"]
    np.testing.assert_array_equal(swings.shapes[0], -swings.shapes[1])
    assert sorted(swings.weights.max(axis=0)) == pytest.approx([0.5, 1])
    # Never both at once, so that between two frames they go straight as the vertices do.
    assert not (swings.weights.min(axis=1) > 0).any()
    opens = find_components(base + np.array([0, 1, 0.5], np.float32)[:, None, None] * axis, base, 1e-5)
    assert len(opens.names) == 1


def test_they_are_principal() -> None:
    moved, base = made_motion(50, 20, 8, 0)
    found = find_components(moved, base, 1e-5)
    offsets = (moved - base).reshape(50, -1).astype(np.float64)
    truth = np.linalg.svd(offsets, full_matrices=False)[2]
    firsts = [found.names.index(next(one for one in found.names if f"_{number:03}" in one)) for number in range(4)]
    for number, first in enumerate(firsts):
        axis = found.shapes[first].ravel().astype(np.float64)
        assert abs(axis @ truth[number]) / np.linalg.norm(axis) == pytest.approx(1, abs=1e-4)


def test_the_outcome_is_the_same_each_time() -> None:
    moved, base = made_motion(30, 9, 12, 1)
    one, two = (find_components(moved, base, 1e-3) for _ in range(2))
    np.testing.assert_array_equal(one.shapes, two.shapes)
    np.testing.assert_array_equal(one.weights, two.weights)


def test_what_does_not_move_has_no_shapes(caplog: pytest.LogCaptureFixture) -> None:
    still = sheet()
    with caplog.at_level(logging.WARNING):
        found = find_components(np.repeat(still.template[None], 5, axis=0), still.template, 1e-5)
    assert found.shapes.shape == (0, 36, 3)
    assert found.weights.shape == (5, 0)
    assert "does not move" in caplog.text


def test_many_shapes_are_said(caplog: pytest.LogCaptureFixture) -> None:
    noise = np.random.default_rng(0).standard_normal((250, 90, 3)).astype(np.float32)
    with caplog.at_level(logging.WARNING):
        find_components(noise, np.zeros((90, 3), np.float32), 1e-4)
    assert "a larger --tolerance" in caplog.text


def test_a_tolerance_finer_than_float32_is_refused() -> None:
    moved, base = made_motion(10, 5, 9, 0)
    with pytest.raises(AnimationError, match="finer than the rounding"):
        find_components(moved, base, 1e-12)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ConfigError, match="give a length above 0"):
            find_components(moved, base, wrong)


def test_the_default_tolerance_is_a_share_of_the_size() -> None:
    box = np.array([[0, 0, 0], [0.24, 0.32, 0]])
    assert default_tolerance(box) == pytest.approx(5e-5)
    assert default_tolerance(1000 * box) == pytest.approx(0.05)


def test_a_tolerance_without_end_is_none() -> None:
    made = sheet()
    with pytest.raises(ConfigError, match="a tolerance of inf"):
        find_components(made.vertices, made.template, float("inf"))
