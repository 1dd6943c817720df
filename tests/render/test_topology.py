from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.render.camera import View
from kmtalk_model.render.patches import HOLE, MOUTH, close_openings
from kmtalk_model.render.topology import between_rings, boundary_loops, enclosed


def sheet(size: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """A square of so many vertices a side, numbered row by row."""
    y, x = np.mgrid[0:size, 0:size]
    points = np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(size - 1)[:, None] * size + np.arange(size - 1)).ravel()
    upper = np.stack([corner, corner + 1, corner + size], axis=1)
    lower = np.stack([corner + 1, corner + size + 1, corner + size], axis=1)
    return points, np.concatenate([upper, lower]).astype(np.int32)


def without_vertex(faces: NDArray[np.int32], vertex: int) -> NDArray[np.int32]:
    return faces[~(faces == vertex).any(axis=1)]


def test_a_hole_is_found_and_the_outer_edge_is_none() -> None:
    points, faces = sheet(7)
    holed = without_vertex(faces, 24)
    loops = {len(loop) for loop in boundary_loops(holed)}
    assert loops == {24, 6}
    skin, (patch,) = close_openings(holed, points, {})
    np.testing.assert_array_equal(skin, holed)
    assert sorted(patch.vertices.tolist()) == sorted({*faces[(faces == 24).any(axis=1)].ravel().tolist()} - {24})
    assert patch.colour == HOLE


def test_the_hole_between_lips_is_a_mouth_and_lies_behind_its_rim() -> None:
    points, faces = sheet(7)
    holed = without_vertex(faces, 24)
    lips = np.unique(faces[(faces == 24).any(axis=1)]).tolist()
    _, (patch,) = close_openings(holed, points, {"lips": lips})
    assert patch.colour == MOUTH
    made = patch.points(points, -View().forwards)
    assert len(made) == patch.size == patch.faces.max() + 1
    assert made[-1, 2] < 0 == made[0, 2]


def test_a_closed_mesh_and_two_separate_sheets_have_no_holes() -> None:
    points, faces = sheet(3)
    two = np.concatenate([faces, faces + len(points)])
    assert close_openings(two, np.concatenate([points, points + 5]), {})[1] == []
    tetrahedron = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], np.int32)
    assert boundary_loops(tetrahedron) == []


def test_what_lies_between_two_rings_belongs_to_them_and_the_inside_is_the_mouth() -> None:
    # Of a sheet of 13 x 13: the outer ring 4, the inner ring 2 from the middle; ring 3 is enclosed.
    points, faces = sheet(13)
    distance = np.abs(points[:, :2] - 6).max(axis=1)
    # The mouth itself has no vertices of its own: its corner triangles join the inner ring.
    inner = np.flatnonzero(distance == 1)
    kept = without_vertex(faces, 84)
    mouth = np.array([[inner[0], inner[k], inner[k + 1]] for k in range(1, len(inner) - 1)], np.int32)
    closed = np.concatenate([kept, mouth])
    rings = np.flatnonzero((distance == 1) | (distance == 3))
    np.testing.assert_array_equal(enclosed(closed, rings, len(points)), np.flatnonzero(distance == 2))
    # The inner ring of a square has triangles at two of its corners, which are of the lips in no way.
    within = closed[np.isin(closed, inner).all(axis=1)]
    assert len(within) == len(mouth) + 2
    np.testing.assert_array_equal(between_rings(closed, rings, len(points)), within)
    skin, patches = close_openings(closed, points, {"lips": rings.tolist()})
    assert len(skin) == len(closed) - len(within)
    assert len(patches[-1].faces) == len(within)
    assert patches[-1].colour == MOUTH


def test_a_region_without_gaps_closes_no_mouth() -> None:
    points, faces = sheet(9)
    patch = np.flatnonzero(np.abs(points[:, :2] - 4).max(axis=1) <= 2)
    assert len(between_rings(faces, patch, len(points))) == 0
