from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.export.components import find_components
from kmtalk_model.export.normals import VertexNormals, shape_normals
from tests.export.made_animations import sheet


def reference(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    found = np.zeros_like(vertices)
    for a, b, c in faces:
        for corner in (a, b, c):
            found[corner] += np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_normals_are_the_mean_of_the_faces_by_area() -> None:
    moved = sheet()
    found = VertexNormals(moved.faces, 36)(moved.vertices)
    for normals, vertices in zip(found, moved.vertices, strict=True):
        np.testing.assert_allclose(normals, reference(vertices.astype(np.float64), moved.faces), atol=1e-5)


def test_a_vertex_of_no_face_and_a_face_without_area_have_a_normal() -> None:
    vertices = np.array([[[0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]]], np.float32)
    found = VertexNormals(np.array([[0, 1, 2]], np.int32), 4)(vertices)
    np.testing.assert_array_equal(found, np.tile(np.array([0, 0, 1], np.float32), (1, 4, 1)))


def test_normals_of_shapes_follow_the_motion() -> None:
    moved = sheet()
    normals = VertexNormals(moved.faces, 36)
    components = find_components(moved.vertices, moved.template, 1e-5)
    base, added = shape_normals(components, moved.vertices, normals)
    np.testing.assert_allclose(base, normals(moved.template[None])[0])
    played = base + np.tensordot(components.weights, added, axes=1)
    played /= np.linalg.norm(played, axis=2, keepdims=True)
    truth = normals(moved.vertices)
    off = np.degrees(np.arccos(np.clip((played * truth).sum(axis=2), -1, 1)))
    still = np.degrees(np.arccos(np.clip((base * truth).sum(axis=2), -1, 1)))
    assert still.max() > 10
    assert off.max() < 1.5
