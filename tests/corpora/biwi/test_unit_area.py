"""unit_area.py: BIWI's meshes upright, centred and of surface area 1."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.corpora.biwi.unit_area import surface_area, to_unit_area
from kmtalk_align.errors import CorpusError
from tests.made_biwi import FACES, REAL_V, TEMPLATE, sheet


def area_of(vertices: np.ndarray, faces: np.ndarray) -> float:
    """By trimesh, in float64."""
    return float(trimesh.Trimesh(vertices.astype(np.float64), faces, process=False).area)


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.01, 1000),
    place=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_any_mesh_has_area_1_and_its_mean_at_the_origin(
    seed: int, scale: float, place: tuple[float, float, float]
) -> None:
    noise = np.random.default_rng(seed).normal(scale=0.3, size=TEMPLATE.shape)
    vertices = ((TEMPLATE + noise) * scale + np.array(place)).astype(np.float32)
    made = to_unit_area(vertices, FACES, "frame")
    assert made.dtype == np.float32
    assert area_of(made, FACES) == pytest.approx(1, abs=3e-7)
    assert np.abs(made.astype(np.float64).mean(axis=0)).max() < 1e-7
    assert surface_area(vertices.astype(np.float64), FACES) == pytest.approx(area_of(vertices, FACES), rel=1e-9)


def test_a_mesh_of_the_real_size_has_area_1() -> None:
    vertices, faces = sheet(154, 152, REAL_V)
    made = to_unit_area((vertices * 3 + 800).astype(np.float32), faces, "frame")
    assert made.shape == (REAL_V, 3)
    assert area_of(made, faces) == pytest.approx(1, abs=3e-7)
    assert np.abs(made.astype(np.float64).mean(axis=0)).max() < 1e-7


def test_the_mesh_is_turned_by_pi_about_x() -> None:
    # A right triangle with legs of 2 in the plane z = 7: area 2, so that each length is divided by sqrt(2).
    vertices = np.array([[0, 0, 7], [2, 0, 7], [0, 2, 7]], np.float32)
    made = to_unit_area(vertices, np.array([[0, 1, 2]], np.int32), "frame")
    upright = np.array([[0, 0, 0], [2, 0, 0], [0, -2, 0]]) - [2 / 3, -2 / 3, 0]
    np.testing.assert_allclose(made, upright / np.sqrt(2), atol=1e-7)


def test_depth_is_turned_too() -> None:
    vertices = np.array([[0, 0, 0], [0, 0, 1], [2, 0, 0]], np.float32)
    made = to_unit_area(vertices, np.array([[0, 1, 2]], np.int32), "frame")
    assert made[1, 2] - made[0, 2] == pytest.approx(-1)


def test_a_mesh_without_area_is_refused() -> None:
    with pytest.raises(CorpusError, match="frame 3: its surface has no area"):
        to_unit_area(np.ones((4, 3), np.float32), np.array([[0, 1, 2]], np.int32), "frame 3")
