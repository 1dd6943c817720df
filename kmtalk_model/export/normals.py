"""Normals: of a mesh, and those that the shapes of a moving face add."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.export.components import Components

_BLOCK_FRAMES = 64
# Frames that normals are fitted to: so many, and more where there are many shapes.
_FITTED = 256
_FITTED_PER_SHAPE = 4


class VertexNormals:
    """Unit normals of a mesh' vertices: the mean of those of their faces, weighted by the faces' areas."""

    def __init__(self, faces: NDArray[np.integer], vertex_count: int) -> None:
        """faces: (F, 3)."""
        from scipy.sparse import csr_array

        self._faces = faces
        of_face = np.repeat(np.arange(len(faces)), 3)
        shape = (vertex_count, len(faces))
        self._sum = csr_array((np.ones(faces.size, np.float32), (faces.ravel(), of_face)), shape=shape)

    def __call__(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        """The normals (T, V, 3) of vertices (T, V, 3); towards the viewer (z) where faces leave them undefined."""
        a, b, c = (vertices[:, self._faces[:, corner]] for corner in range(3))
        of_faces = np.cross(b - a, c - a)
        # The sparse matrix multiplies on the left: (F, T * 3).
        summed = self._sum @ of_faces.transpose(1, 0, 2).reshape(len(self._faces), -1)
        found = summed.reshape(-1, len(vertices), 3).transpose(1, 0, 2).astype(np.float64)
        length = np.linalg.norm(found, axis=2, keepdims=True)
        undefined = ~(length[..., 0] > 0)
        found[undefined] = (0, 0, 1)
        length[undefined] = 1
        unit: NDArray[np.float32] = (found / length).astype(np.float32)
        return unit


def shape_normals(
    components: Components, vertices: NDArray[np.float32], normals: VertexNormals
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Normals of the base (V, 3), and what each shape adds to them at weight 1, (K, V, 3).

    The sum of weighted normals is not the normal of the sum: what they add is fitted to the true normals of the
    vertices (T, V, 3) by least squares, in frames that lie evenly in time.
    """
    base = normals(components.base[None])[0]
    most = max(_FITTED, _FITTED_PER_SHAPE * len(components.shapes))
    frames = np.unique(np.linspace(0, len(vertices) - 1, most).round().astype(np.intp))
    weights = components.weights[frames].astype(np.float64)
    moment = np.zeros((weights.shape[1], base.size))
    for first in range(0, len(frames), _BLOCK_FRAMES):
        rows = slice(first, first + _BLOCK_FRAMES)
        added = (normals(vertices[frames[rows]]) - base).reshape(-1, base.size)
        moment += weights[rows].T @ added
    found = np.linalg.pinv(weights.T @ weights) @ moment
    return base, found.reshape(-1, *base.shape).astype(np.float32)
