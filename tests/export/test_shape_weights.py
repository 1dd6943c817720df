from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.export.arkit import SHAPES
from kmtalk_model.export.basis import Basis, load_basis
from kmtalk_model.export.weights import solve_weights
from tests.export.made_animations import HEAD, made_weights, sheet, talking_head

NAMES = ("jawOpen", "mouthClose", "mouthPucker", "cheekPuff")


def posed(neutral: NDArray[np.float64], moved: NDArray[np.float64]) -> Animation:
    found = {"vertices": (neutral + moved).astype(np.float32), "template": neutral.astype(np.float32)}
    faces, keys = np.zeros((0, 3), np.int32), np.zeros(0, np.int32)
    return Animation(**{**vars(sheet()), **found, "faces": faces, "key_frames": keys, "regions": {}})


def made_basis(count: int, vertices: int, seed: int) -> Basis:
    random = np.random.default_rng(seed)
    shapes = dict(zip(NAMES[:count], random.standard_normal((count, vertices, 3)), strict=True))
    return Basis(random.standard_normal((vertices, 3)), shapes, Path("rig.npz"))


def test_the_weights_that_moved_the_demo_head_come_back() -> None:
    basis = load_basis(HEAD)
    truth = made_weights(list(SHAPES), 40)
    found = solve_weights(talking_head(truth), basis)
    assert sorted(found.weights) == sorted(SHAPES)
    for name, weights in truth.items():
        np.testing.assert_allclose(found.weights[name], weights, atol=2e-5)
    assert found.worst_distance < 1e-6
    assert found.mean_distance <= found.worst_distance
    assert found.unseen == found.ambiguous == ()


def test_another_person_of_the_same_mesh_is_solved_by_offsets() -> None:
    truth = made_weights(list(SHAPES), 5)
    head = talking_head(truth)
    moved = head.vertices - head.template
    other = (1.1 * head.template + 0.02).astype(np.float32)
    found = solve_weights(replace(head, vertices=other + moved, template=other), load_basis(HEAD))
    np.testing.assert_allclose(found.weights["jawOpen"], truth["jawOpen"], atol=2e-5)


@given(count=st.integers(1, 4), vertices=st.integers(2, 6), seed=st.integers(0, 200), loud=st.floats(0.1, 3))
def test_no_other_weights_in_the_box_come_nearer(count: int, vertices: int, seed: int, loud: float) -> None:
    basis = made_basis(count, vertices, seed)
    moved = loud * np.random.default_rng(seed + 1).standard_normal((3, vertices, 3))
    animation = posed(basis.neutral, moved)
    found = solve_weights(animation, basis)
    matrix = np.stack(list(basis.shapes.values())).reshape(count, -1).T
    offsets = animation.vertices.astype(np.float64) - animation.template.astype(np.float64)
    distances = []
    for frame, offset in enumerate(offsets):
        weights = np.array([found.weights[name][frame] for name in basis.shapes])
        assert weights.min() >= 0
        assert weights.max() <= 1
        best = lsq_linear(matrix, offset.ravel(), (0, 1), tol=1e-12)
        left = offset.ravel() - matrix @ weights
        assert (left @ left) / 2 <= best.cost + 1e-6
        distances.append(np.linalg.norm(left.reshape(-1, 3), axis=1))
    assert found.mean_distance == pytest.approx(np.mean(distances))
    assert found.worst_distance == pytest.approx(np.max(distances))


def test_a_mouth_wider_than_its_shape_stays_at_one() -> None:
    basis = made_basis(2, 6, 0)
    found = solve_weights(posed(basis.neutral, 1.7 * basis.shapes["jawOpen"][None]), basis)
    assert found.weights["jawOpen"] == pytest.approx([1])
    assert found.worst_distance > 0.1


def test_shapes_that_do_nothing_or_the_same_are_told() -> None:
    basis = made_basis(4, 6, 0)
    shapes = basis.shapes | {"cheekPuff": 0 * basis.shapes["cheekPuff"], "mouthClose": 2 * basis.shapes["jawOpen"]}
    moved = 0.5 * shapes["jawOpen"][None] + 0.3 * shapes["mouthPucker"]
    found = solve_weights(posed(basis.neutral, moved), replace(basis, shapes=shapes))
    assert found.unseen == ("cheekPuff",)
    assert found.ambiguous == ("jawOpen", "mouthClose")
    assert found.weights["cheekPuff"] == pytest.approx([0])
    assert found.weights["mouthPucker"] == pytest.approx([0.3], abs=1e-5)
    # Of all that come as near, the smallest: 0.1 + 2 * 0.2.
    assert found.weights["jawOpen"] == pytest.approx([0.1], abs=1e-4)
    assert found.weights["mouthClose"] == pytest.approx([0.2], abs=1e-4)


def test_a_basis_that_moves_nothing_is_refused() -> None:
    basis = made_basis(1, 6, 0)
    still = replace(basis, shapes={"jawOpen": 0 * basis.shapes["jawOpen"]})
    with pytest.raises(ConfigError, match=r"rig.npz: none of its shapes moves a vertex"):
        solve_weights(posed(basis.neutral, basis.shapes["jawOpen"][None]), still)


def test_another_topology_is_one_error() -> None:
    with pytest.raises(ConfigError, match=r"head.npz: the basis has 4,790 vertices, the animation 36"):
        solve_weights(sheet(), load_basis(HEAD))
