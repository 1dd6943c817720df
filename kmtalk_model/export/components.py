"""Few shapes that a whole animation is a sum of: a PCA of its motion with a bound on every vertex of every frame."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import AnimationError, ConfigError

_log = logging.getLogger(__name__)
# The tolerance where none is given, as a share of the face's size: 0.05 mm of a head of 40 cm from corner to corner.
_TOLERANCE = 1 / 8000
# Components that are sought at first; twice as many while they don't suffice.
_FIRST = 32
# Software that puts hundreds of shapes into one mesh gets slow.
_MANY = 200
_POWER_ITERATIONS = 2
_BLOCK_FRAMES = 256


@dataclass(frozen=True)
class Components:
    """A moving face as a base and weighted shapes: frame t is ``base + sum of weights[t, k] * shapes[k]``.

    base: (V, 3); shapes: (K, V, 3), what each adds to the base at weight 1; weights: (T, K), in [0, 1]. All float32. K
    is 0 where nothing moves. names: of the shapes, K, the most important first: `motion_000_plus`, and
    `motion_000_minus` where that component goes both ways.
    """

    base: NDArray[np.float32]
    shapes: NDArray[np.float32]
    weights: NDArray[np.float32]
    names: tuple[str, ...]

    def worst_distance(self, vertices: NDArray[np.float32]) -> float:
        """The largest distance of any vertex in any frame from vertices (T, V, 3), in float32 as players reckon."""
        return max(self._worst_by_block(vertices))

    def keeps(self, vertices: NDArray[np.float32], tolerance: float) -> bool:
        """Whether every vertex of every frame lies within a tolerance of vertices (T, V, 3)."""
        return all(one <= tolerance for one in self._worst_by_block(vertices))

    def _worst_by_block(self, vertices: NDArray[np.float32]) -> Iterator[float]:
        shapes = self.shapes.reshape(len(self.shapes), self.base.size)
        for first in range(0, len(vertices), _BLOCK_FRAMES):
            rows = slice(first, first + _BLOCK_FRAMES)
            off = (self.weights[rows] @ shapes).reshape(-1, *self.base.shape)
            off += self.base
            off -= vertices[rows]
            yield float(np.sqrt(np.einsum("tvc,tvc->tv", off, off).max()))


def default_tolerance(template: NDArray[np.floating]) -> float:
    """1/8000 of the diagonal of the box around the face, in its unit."""
    return _TOLERANCE * float(np.linalg.norm(np.ptp(template, axis=0)))


def find_components(vertices: NDArray[np.float32], base: NDArray[np.float32], tolerance: float) -> Components:
    """The fewest principal components of vertices (T, V, 3) around a base (V, 3) that keep the tolerance everywhere.

    The decomposition is of the offsets from the base, which is the face at rest and not their mean: with all weights 0
    the face is at rest. It is randomised (N. Halko, P. G. Martinsson, J. A. Tropp, Finding structure with randomness,
    SIAM Review 53, 2011), with the same outcome each time. Raises ConfigError for a tolerance that is none, and
    AnimationError for one that is finer than the rounding of float32.
    """
    if not 0 < tolerance < float("inf"):
        raise ConfigError(f"a tolerance of {tolerance:g} is none", where="--tolerance", fix="give a length above 0")
    offsets = (vertices - base).reshape(len(vertices), -1)
    if not offsets.any():
        _log.warning("it does not move: the face is written at rest, without shapes")
        return Components(base, np.zeros((0, *base.shape), np.float32), np.zeros((len(offsets), 0), np.float32), ())
    most, count = min(offsets.shape), _FIRST
    while True:
        found = _Signed.along(_principal_axes(offsets, min(count, most)), offsets, base)
        if found.first(count).keeps(vertices, tolerance):
            break
        if count >= most:
            raise AnimationError(
                f"a tolerance of {tolerance:g} is finer than the rounding of its numbers, "
                f"which comes to {found.first(count).worst_distance(vertices):g}",
                fix="give a larger --tolerance",
            )
        count *= 2
    fewest = _fewest(found, vertices, tolerance)
    if len(fewest.shapes) > _MANY:
        _log.warning("%d shapes are many for most tools; a larger --tolerance takes fewer", len(fewest.shapes))
    return fewest


@dataclass(frozen=True)
class _Signed:
    """Principal components, most important first: shapes (N, V, 3), and weights (T, N) in [-1, 1]."""

    base: NDArray[np.float32]
    shapes: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def along(cls, axes: NDArray[np.float64], offsets: NDArray[np.float32], base: NDArray[np.float32]) -> _Signed:
        """Those of offsets (T, V * 3) along axes (V * 3, N), scaled so that the largest weight of each is 1 or -1."""
        weights = offsets @ axes
        # An axis that nothing moves along has no scale of its own.
        largest = np.abs(weights).max(axis=0)
        used = largest > 0
        weights, axes, largest = weights[:, used], axes[:, used], largest[used]
        shapes = (axes * largest).T.reshape(-1, *base.shape).astype(np.float32)
        return cls(base, shapes, np.clip(weights / largest, -1, 1).astype(np.float32))

    def first(self, count: int) -> Components:
        """The first components, each as two shapes, one for each way, of which one at most has a weight in any frame.

        Some tools take no weight below 0. (Blender's importer widens a shape's range by its first key alone.)
        """
        names, shapes, weights = [], [], []
        for number, (shape, weight) in enumerate(zip(self.shapes[:count], self.weights.T, strict=False)):
            for way, sign in (("plus", np.float32(1)), ("minus", np.float32(-1))):
                one_way = np.maximum(sign * weight, 0)
                if one_way.any():
                    names.append(f"motion_{number:03}_{way}")
                    shapes.append(sign * shape)
                    weights.append(one_way)
        return Components(self.base, np.array(shapes), np.stack(weights, axis=1), tuple(names))


def _fewest(found: _Signed, vertices: NDArray[np.float32], tolerance: float) -> Components:
    """As few of the first components as keep the tolerance; at least one."""
    low, high = 0, len(found.shapes)
    while high - low > 1:
        middle = (low + high) // 2
        if found.first(middle).keeps(vertices, tolerance):
            high = middle
        else:
            low = middle
    return found.first(high)


def _principal_axes(offsets: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Orthonormal axes (V * 3, count) that hold most of the offsets (T, V * 3), most first.

    Written out: torch's own version of it takes longer to load than to run.
    """
    drawn = np.random.default_rng(0).standard_normal((offsets.shape[1], count), np.float32)
    in_time = np.linalg.qr(offsets @ drawn)[0]
    for _ in range(_POWER_ITERATIONS):
        in_time = np.linalg.qr(offsets @ np.linalg.qr(offsets.T @ in_time)[0])[0]
    # From here on in float64: axes of float32 are orthonormal to six digits only.
    basis, within = np.linalg.qr((offsets.T @ in_time).astype(np.float64))
    found: NDArray[np.float64] = basis @ np.linalg.svd(within)[0]
    return found
