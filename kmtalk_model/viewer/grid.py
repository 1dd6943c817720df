"""Positions as whole numbers on a grid: what a page holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LAST = 65_535


@dataclass(frozen=True)
class Grid:
    """A cube of 65,536 points a side: `origin` (3,) is its lowest corner, `step` the distance of neighbouring points.

    box: what of the cube the vertices take, from its lowest corner, as shares (3,) of its side.
    """

    origin: NDArray[np.float64]
    step: float
    box: tuple[float, ...]

    @classmethod
    def around(cls, motions: Sequence[NDArray[np.float32]]) -> Grid:
        """The smallest cube around vertices (T, V, 3)."""
        low = np.min([one.min(axis=(0, 1)) for one in motions], axis=0).astype(np.float64)
        high = np.max([one.max(axis=(0, 1)) for one in motions], axis=0).astype(np.float64)
        # Points that all lie on each other have a cube of no size, which any step serves.
        side = float((high - low).max()) or float(_LAST)
        return cls(low, side / _LAST, tuple(((high - low) / side).tolist()))

    @property
    def bound(self) -> float:
        """How far a coordinate may be moved by encoding it."""
        return self.step / 2

    @property
    def side(self) -> float:
        """The length of the cube."""
        return self.step * _LAST

    def encode(self, vertices: NDArray[np.float32]) -> NDArray[np.uint16]:
        """The nearest points of the grid, (T, V, 3), of vertices (T, V, 3) within the cube."""
        found = np.empty(vertices.shape, np.uint16)
        for number, frame in enumerate(vertices):  # frame by frame: float64 of a minute would be large
            found[number] = np.rint((frame - self.origin) / self.step).clip(0, _LAST)
        return found

    def decode(self, codes: NDArray[np.uint16]) -> NDArray[np.float64]:
        """The positions (T, V, 3) of points of the grid."""
        return self.origin + codes * self.step
