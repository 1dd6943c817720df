"""The published normalisation of BIWI's meshes: turned upright, centred, and scaled to surface area 1.

Source: Doubiiu/CodeTalker BIWI/data_preprocess/creatDataset_BIWI.m and process_BIWI_template.m, which do it to each
frame and to each template by itself. Their area, a sum of mixed Voronoi areas, is that of the triangles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError

# Vertices as rows times a rotation of pi about x.
_UPRIGHT = np.array([1.0, -1.0, -1.0])


def to_unit_area(vertices: NDArray[np.float32], faces: NDArray[np.int32], where: str) -> NDArray[np.float32]:
    """Vertices (V, 3) of any size -> upright, their mean at the origin, the area of `faces` (F, 3) being 1.

    Raises CorpusError where the mesh has no area.
    """
    upright = vertices.astype(np.float64) * _UPRIGHT
    centred = upright - upright.mean(axis=0)
    area = surface_area(centred, faces)
    if not area > 0:
        raise CorpusError("its surface has no area", where=where)
    scaled: NDArray[np.float32] = (centred / np.sqrt(area)).astype(np.float32)
    return scaled


def surface_area(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    """The area of all triangles together: half the lengths of their edges' cross products."""
    x, y, z = np.ascontiguousarray(vertices.T)
    first, second, third = faces.T
    ax, ay, az = (axis[second] - axis[first] for axis in (x, y, z))
    bx, by, bz = (axis[third] - axis[first] for axis in (x, y, z))
    doubled = np.sqrt((ay * bz - az * by) ** 2 + (az * bx - ax * bz) ** 2 + (ax * by - ay * bx) ** 2)
    return float(doubled.sum() / 2)
