"""Ridge regression of many targets on many features, from pieces that never lie in memory together.

scikit-learn's Ridge, the tests' oracle, wants all frames at once; this one sums the normal equations piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Columns = slice | NDArray[np.intp]

# Frames that are multiplied at once: in float32, and added up in float64.
_FRAMES = 1024


@dataclass(frozen=True)
class Scaling:
    """What makes features (T, d) of zero mean and unit deviation over all frames; one that never changes becomes 0."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, pieces: Iterable[NDArray[np.floating]]) -> Scaling:
        """The scaling of at least one piece."""
        frames, total, squares = 0, 0.0, 0.0
        for piece in pieces:
            wide = piece.astype(np.float64)
            frames, total, squares = frames + len(wide), total + wide.sum(axis=0), squares + (wide**2).sum(axis=0)
        mean = np.asarray(total) / frames
        deviation = np.sqrt(np.maximum(np.asarray(squares) / frames - mean**2, 0.0))
        return cls(mean, np.where(deviation > 1e-6 * np.abs(mean), deviation, np.inf))

    def __call__(self, features: NDArray[np.floating]) -> Rows:
        """Scaled features (T, d)."""
        found: Rows = ((features - self.mean) / self.deviation).astype(np.float32)
        return found


@dataclass(frozen=True)
class Ridge:
    """The regression of targets (T, K) on features (T, D), for every penalty at once.

    The covariance of the features by eigenvalues (D,) and eigenvectors (D, D), and what each of these has in common
    with the targets, (D, K): a penalty shrinks each on its own (Hastie et al., The Elements of Statistical Learning,
    2009, 3.4.1).
    """

    mean: Rows
    target_mean: Rows
    eigenvalues: Rows
    eigenvectors: Rows
    shared: Rows

    @classmethod
    def fit(cls, pieces: Iterable[tuple[Rows, Rows]]) -> Ridge:
        """From pieces of (features, targets): it takes D * (2 D + 2 K) numbers, however many frames there are."""
        gathered = _gathered(pieces)
        features, targets = next(gathered)
        sums = _Sums(features.shape[1], targets.shape[1])
        sums.add(features, targets)
        for features, targets in gathered:
            sums.add(features, targets)
        mean, target_mean = sums.total / sums.frames, sums.target_total / sums.frames
        gram = sums.gram - sums.frames * np.outer(mean, mean)
        shared = sums.shared - sums.frames * np.outer(mean, target_mean)
        eigenvalues, eigenvectors = np.linalg.eigh(gram)
        parts = (mean, target_mean, np.maximum(eigenvalues, 0.0), eigenvectors, eigenvectors.T @ shared)
        return cls(*(part.astype(np.float32) for part in parts))

    def only(self, columns: NDArray[np.intp]) -> Ridge:
        """The regression of some of the targets."""
        return Ridge(self.mean, self.target_mean[columns], self.eigenvalues, self.eigenvectors, self.shared[:, columns])

    def predict(self, features: Rows, penalties: Iterable[float]) -> Iterator[Rows]:
        """The targets (T, K) by each penalty."""
        turned = (features - self.mean) @ self.eigenvectors
        for penalty in penalties:
            yield turned / (self.eigenvalues + np.float32(penalty)) @ self.shared + self.target_mean


class _Sums:
    """What the normal equations are made of, in float64."""

    def __init__(self, width: int, targets: int) -> None:
        self.frames = 0
        self.gram, self.shared = np.zeros((width, width)), np.zeros((width, targets))
        self.total, self.target_total = np.zeros(width), np.zeros(targets)

    def add(self, features: Rows, targets: Rows) -> None:
        self.frames += len(features)
        self.gram += features.T @ features
        self.shared += features.T @ targets
        self.total += features.sum(axis=0, dtype=np.float64)
        self.target_total += targets.sum(axis=0, dtype=np.float64)


def _gathered(pieces: Iterable[tuple[Rows, Rows]]) -> Iterator[tuple[Rows, Rows]]:
    """Pieces put together to some length: a product of few frames costs as much as it takes to add it up."""
    waiting: list[tuple[Rows, Rows]] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(len(features) for features, _ in waiting) >= _FRAMES:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(waiting: list[tuple[Rows, Rows]]) -> tuple[Rows, Rows]:
    features, targets = zip(*waiting, strict=True)
    return np.concatenate(features), np.concatenate(targets)
