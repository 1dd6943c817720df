"""The face that MediaPipe's landmarks are fitted to, and its regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTS = 468
# The middle of the upper and of the lower inner lip.
MOUTH_OPENING = (13, 14)
# Along the bridge of the nose, from between the eyes down: it moves only with the head.
NOSE_BRIDGE = (168, 6, 197, 195, 5)
# The outermost points of the cheeks: how wide the face is.
FACE_SIDES = (234, 454)
# The outer end of the upper lid: what lies as high or higher counts as the upper face.
_LID = 342


@dataclass(frozen=True)
class CanonicalFace:
    """MediaPipe's canonical face: vertices (468, 3) in centimetres, x right, y up, z to the camera; faces (F, 3).

    fitted, fit_weights: the points by which a tracked face is laid onto it; lips: the indices of its lip contours.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    fitted: NDArray[np.int64]
    fit_weights: NDArray[np.float64]
    lips: tuple[int, ...]

    def regions(self) -> dict[str, list[int]]:
        """Vertex indices by region, as metrics and losses take them."""
        height = self.vertices[:, 1]
        return {"lips": list(self.lips), "upper_face": np.flatnonzero(height >= height[_LID]).tolist()}


def canonical_face(content: Mapping[str, Any]) -> CanonicalFace:
    """The face as the tracking program tells it. Raises ValueError, TypeError or KeyError where it is malformed."""
    face = CanonicalFace(
        vertices=np.array(content["vertices"], np.float64),
        faces=np.array(content["faces"], np.int32),
        fitted=np.array(content["fitted"], np.int64),
        fit_weights=np.array(content["fit_weights"], np.float64),
        lips=tuple(int(one) for one in content["lips"]),
    )
    indices = np.concatenate([face.faces.ravel(), face.fitted, face.lips])
    shapes = (face.vertices.shape, face.faces.shape[1:], face.fitted.shape)
    if shapes != ((POINTS, 3), (3,), face.fit_weights.shape) or not len(face.fitted):
        raise ValueError(f"arrays of shapes {shapes}")
    if indices.min() < 0 or indices.max() >= POINTS or not np.isfinite(face.vertices).all():
        raise ValueError("a vertex that is none")
    return face
