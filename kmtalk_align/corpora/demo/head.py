"""The demo's head: a mesh with the 52 ARKit shapes, and its vertices for weights of these."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError

HEAD_FILE = "head/head.npz"


@dataclass(frozen=True)
class Head:
    """A head in metres.

    neutral: vertices (V, 3); faces (F, 3); shapes: offsets (V, 3) by ARKit name; inner_lips: pairs (K, 2) of an upper
    and a lower lip vertex that meet when the mouth is closed; mouth_opening: the one of these in the middle.
    """

    neutral: NDArray[np.float64]
    faces: NDArray[np.int32]
    shapes: dict[str, NDArray[np.float64]]
    inner_lips: NDArray[np.int32]
    mouth_opening: tuple[int, int]

    def pose(self, weights: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Vertices (T, V, 3) for weights (T,) by shape: the neutral head and the weighted sum of its shapes.

        Added shape by shape and without a matrix product, so that every machine comes to the same bits.
        """
        frames = len(next(iter(weights.values())))
        # By coordinate, so that a shape's rows lie together: (V * 3, T).
        posed = np.repeat(self.neutral.reshape(-1, 1), frames, axis=1)
        for name, weight in weights.items():
            shape = self.shapes[name].ravel()
            moved = np.flatnonzero(shape)
            posed[moved] += shape[moved, None] * weight
        return posed.T.reshape(frames, len(self.neutral), 3)


def load_head(path: Path) -> Head:
    """The head of `head.npz`. Raises CorpusError where the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            step = float(stored["shape_step"])
            upper, lower = stored["mouth_opening"].tolist()
            return Head(
                neutral=stored["neutral"].astype(np.float64),
                faces=stored["faces"],
                shapes=dict(zip(stored["shape_names"].tolist(), stored["shapes"] * step, strict=True)),
                inner_lips=stored["inner_lips"],
                mouth_opening=(upper, lower),
            )
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise CorpusError(
            f"is not the demo's head ({error})", where=path, fix="restore it: git checkout resources"
        ) from error
