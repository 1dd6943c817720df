"""Surfaces that are drawn with a mesh though they have no vertices of their own: what is seen in an open mouth or hole.

A mask's holes would show the background. A mouth that triangles close, as on MediaPipe's face, would look like a third
lip. Both are drawn as insides, in a colour of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.render.topology import Indices, between_rings, boundary_loops, connected_parts, edges_of

# How far the middle of what closes a hole lies behind its rim, in widths of the hole.
_DEPTH = 0.2
Colour = tuple[int, int, int]
MOUTH: Colour = (74, 30, 30)
HOLE: Colour = (150, 132, 124)


@dataclass(frozen=True)
class Patch:
    """A surface over some vertices (k,) of a mesh and a point in their middle; faces: (F, 3), k is the middle."""

    vertices: Indices
    faces: NDArray[np.int64]
    colour: Colour

    @property
    def size(self) -> int:
        """How many points it has."""
        return len(self.vertices) + 1

    def points(self, vertices: NDArray[np.float32], backwards: NDArray[np.float64]) -> NDArray[np.float32]:
        """Its points (k + 1, 3), the middle moved backwards (a unit vector, away from the viewer)."""
        rim = vertices[self.vertices]
        width = np.linalg.norm(np.ptp(rim, axis=0))
        middle = rim.mean(axis=0) + _DEPTH * width * backwards
        return np.asarray(np.concatenate([rim, middle[None]]), np.float32)


def close_openings(
    faces: NDArray[np.int32], template: NDArray[np.float32], regions: Mapping[str, Sequence[int]]
) -> tuple[NDArray[np.int32], list[Patch]]:
    """The faces that are skin, and the patches: one for each hole, and one for a mouth that the mesh closes.

    A rim is a hole unless it is the longest of its connected part, which is the mesh' outer edge.
    """
    lips = np.array(regions.get("lips", ()), np.int64)
    found = [
        _over_hole(rim, MOUTH if 2 * np.isin(rim, lips).sum() > len(rim) else HOLE) for rim in _holes(faces, template)
    ]
    if "mouth_interior" in regions or not len(lips):
        return faces, found
    mouth = between_rings(faces, lips, len(template))
    if not len(mouth):
        return faces, found
    vertices, local = np.unique(mouth, return_inverse=True)
    skin = faces[~np.isin(faces, vertices).all(axis=1)]
    return skin, [*found, Patch(vertices.astype(np.int64), local.reshape(-1, 3).astype(np.int64), MOUTH)]


def _over_hole(rim: Indices, colour: Colour) -> Patch:
    around = np.arange(len(rim))
    return Patch(rim, np.stack([around, np.roll(around, -1), np.full(len(rim), len(rim))], axis=1), colour)


def _holes(faces: NDArray[np.int32], template: NDArray[np.float32]) -> list[Indices]:
    part = connected_parts(edges_of(faces), len(template))
    rims = [(rim, int(part[rim[0]]), _length(template[rim])) for rim in boundary_loops(faces)]
    longest: dict[int, float] = {}
    for _, of, length in rims:
        longest[of] = max(longest.get(of, 0.0), length)
    return [rim for rim, of, length in rims if length < longest[of]]


def _length(rim: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(rim - np.roll(rim, 1, axis=0), axis=1).sum())
