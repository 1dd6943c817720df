"""metrics.py: against torchmetrics, and against loops over frames and vertices."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.multimodal import lip_vertex_error

from kmtalk_model import metrics

shapes = st.tuples(st.integers(1, 150), st.integers(2, 6), st.integers(0, 1000))


def pair(frames: int, vertices: int, seed: int) -> tuple[metrics.Vertices, metrics.Vertices]:
    random = np.random.default_rng(seed)
    return tuple(random.normal(size=(frames, vertices, 3)).astype(np.float32) for _ in range(2))  # type: ignore[return-value]


@given(shapes)
def test_lip_vertex_errors_are_those_of_torchmetrics(shape: tuple[int, int, int]) -> None:
    predicted, captured = pair(*shape)
    lips = np.arange(shape[1])[::2]
    oracle = lip_vertex_error(torch.tensor(predicted), torch.tensor(captured), lips.tolist())
    assert metrics.lip_vertex_errors(predicted, captured, lips).mean() == pytest.approx(oracle.item(), rel=1e-5)


@given(shapes)
def test_every_sum_is_that_of_a_loop(shape: tuple[int, int, int]) -> None:
    predicted, captured = pair(*shape)
    frames, vertices, _ = shape
    template = captured[0] / 2
    region = np.arange(vertices)[1:]

    def squared(one: metrics.Vertices, other: metrics.Vertices) -> float:
        return sum((float(a) - float(b)) ** 2 for a, b in zip(one, other, strict=True))

    errors = [max(squared(predicted[t, v], captured[t, v]) for v in region) for t in range(frames)]
    assert metrics.lip_vertex_errors(predicted, captured, region) == pytest.approx(errors, rel=1e-12)

    spreads = []
    for v in region:
        norms = [squared(predicted[t, v], template[v]) for t in range(frames)]
        mean = math.fsum(norms) / frames
        spreads.append(math.sqrt(math.fsum((norm - mean) ** 2 for norm in norms) / frames))
    assert metrics.upper_face_dynamics(predicted, template, region) == pytest.approx(
        math.fsum(spreads) / len(region), rel=1e-9, abs=1e-12
    )

    distances = [math.sqrt(squared(predicted[t, v], captured[t, v])) for t in range(frames) for v in range(vertices)]
    assert metrics.mean_vertex_error(predicted, captured) == pytest.approx(math.fsum(distances) / len(distances))

    opening = metrics.mouth_openings(predicted, (0, 1))
    assert opening == pytest.approx([math.sqrt(squared(predicted[t, 0], predicted[t, 1])) for t in range(frames)])


def test_half_and_single_precision_are_widened_before_the_difference() -> None:
    """At 1000 units from the origin float32 squares would lose a difference of 1e-3."""
    captured = np.full((2, 3, 3), 1000.0, dtype=np.float32)
    predicted = captured + np.float32(2.0**-10)
    expected = 3 * 2.0**-20
    assert metrics.lip_vertex_errors(predicted, captured, np.array([0])) == pytest.approx([expected] * 2, rel=1e-12)


@given(st.integers(3, 60), st.integers(0, 1000))
def test_correlation_is_numpys(frames: int, seed: int) -> None:
    one, other = np.random.default_rng(seed).normal(5.0, 1.0, (2, frames))
    assert metrics.correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1])


def test_a_mouth_that_stands_still_has_no_correlation() -> None:
    moving = np.array([0.0, 1.0, 0.5])
    assert metrics.correlation(np.full(3, 0.1), moving) is None
    assert metrics.correlation(moving, np.full(3, 0.1)) is None
    assert metrics.correlation(moving, np.zeros(3)) is None
    assert metrics.correlation(1e-7 * moving, moving) == pytest.approx(1.0)


def test_the_closest_opening_is_looked_for_from_the_first_to_the_last_frame_of_a_phone() -> None:
    openings = np.array([5.0, 4.0, 3.0, 9.0, 1.0, 2.0])
    intervals = [(0.0, 0.04), (0.06, 0.12), (0.16, 0.16), (0.19, 9.0)]
    assert metrics.closest(openings, intervals, fps=25).tolist() == [4.0, 3.0, 1.0, 2.0]


def test_no_phone_has_no_closest_opening() -> None:
    assert metrics.closest(np.ones(3), [], fps=25).shape == (0,)
