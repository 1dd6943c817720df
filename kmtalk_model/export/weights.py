"""Weights of shapes that come nearest to a motion: least squares with every weight in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import progress
from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.export.basis import Basis

# Of the largest shape: decides between shapes that do the same, in favour of small weights, and is too weak for more.
_RIDGE = 1e-6
# A shape is ambiguous where others come so near to it, as a share of its size.
_ALIKE = 0.01
_STEPS_PER_SHAPE = 20
_BLOCK_FRAMES = 256


@dataclass(frozen=True)
class ShapeWeights:
    """Weights (T,) by ARKit's name of each shape, and how near they come.

    mean_distance, worst_distance: of a vertex from the animation, over all vertices and frames, in its unit; unseen:
    shapes that move nothing on this mesh, whose weights are 0; ambiguous: shapes that others can stand in for.
    """

    weights: dict[str, NDArray[np.float64]]
    mean_distance: float
    worst_distance: float
    unseen: tuple[str, ...]
    ambiguous: tuple[str, ...]


def solve_weights(animation: Animation, basis: Basis) -> ShapeWeights:
    """The weights that come nearest to the animation, frame by frame.

    What is compared are the offsets from the faces at rest: the animation's template may be another head than the
    basis' neutral. All frames share one QR decomposition, so that each is a problem of as many rows as shapes. Raises
    ConfigError for a basis of another topology or size, or that moves nothing.
    """
    basis = basis.scaled_to(animation.template)
    unseen = tuple(name for name, shape in basis.shapes.items() if not shape.any())
    names = [name for name in basis.shapes if name not in unseen]
    if not names:
        raise ConfigError("none of its shapes moves a vertex", where=basis.path, fix="give offsets from the neutral")
    shapes = np.stack([basis.shapes[name] for name in names]).reshape(len(names), -1)
    axes, triangle = np.linalg.qr(shapes.T)
    template = animation.template.astype(np.float64)
    found = np.empty((animation.n_frames, len(names)))
    total = worst = 0.0
    with progress.bar("solve", animation.n_frames) as advance:
        for first in range(0, animation.n_frames, _BLOCK_FRAMES):
            rows = slice(first, first + _BLOCK_FRAMES)
            offsets = (animation.vertices[rows] - template).reshape(-1, template.size)
            for frame, wanted in enumerate(offsets @ axes, start=first):
                found[frame] = _bounded(triangle, wanted)
                advance()
            distance = np.linalg.norm((offsets - found[rows] @ shapes).reshape(-1, *template.shape), axis=2)
            total, worst = total + float(distance.sum()), max(worst, float(distance.max()))
    weights = dict(zip(names, found.T, strict=True)) | {name: np.zeros(animation.n_frames) for name in unseen}
    mean = total / (animation.n_frames * len(template))
    return ShapeWeights(weights, mean, worst, unseen, _ambiguous(triangle, names))


def _bounded(matrix: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights (N,) in [0, 1] whose matrix (M, N) product comes nearest to what is wanted (M,).

    Weights of 0 or more are found five times as fast, and are the answer unless one of them is above 1.
    """
    from scipy.optimize import lsq_linear, nnls

    count = matrix.shape[1]
    ridge = _RIDGE * np.linalg.norm(matrix, axis=0).max() * np.eye(count)
    left, right = np.concatenate([matrix, ridge]), np.concatenate([wanted, np.zeros(count)])
    steps = _STEPS_PER_SHAPE * count
    with suppress(RuntimeError):  # too many steps
        found: NDArray[np.float64] = nnls(left, right, maxiter=steps)[0]
        if found.max() <= 1:
            return found
    solved = lsq_linear(left, right, bounds=(0, 1), method="bvls", max_iter=steps)
    if not solved.success:
        raise AnimationError(f"no weights are found for it ({solved.message})")
    return np.asarray(np.clip(solved.x, 0, 1), np.float64)


def _ambiguous(matrix: NDArray[np.float64], names: Sequence[str]) -> tuple[str, ...]:
    """The shapes (columns) that a sum of the others comes near to, whatever its weights."""
    alike = []
    for number, name in enumerate(names):
        one, others = matrix[:, number], np.delete(matrix, number, axis=1)
        left = one - others @ np.linalg.lstsq(others, one, rcond=None)[0]
        if np.linalg.norm(left) < _ALIKE * np.linalg.norm(one):
            alike.append(name)
    return tuple(alike)
