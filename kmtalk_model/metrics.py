"""The quantities by which predicted motion is compared with captured motion: each formula once, with its source.

All are of one clip: vertices (T, V, 3) in the corpus' unit, template (V, 3). Sums are in float64, whatever the vertices
are stored in. How clips are taken together is the matter of a protocol (protocols.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.frames import frame_of

Vertices = NDArray[np.floating]
Values = NDArray[np.float64]
Indices = NDArray[np.intp]

# Frames that are widened to float64 at a time: a clip of any length takes the memory of a few frames.
_FRAMES = 64


def lip_vertex_errors(predicted: Vertices, captured: Vertices, lips: Indices) -> Values:
    """The largest SQUARED distance among the lip vertices at each frame, (T,), in squared units.

    CodeTalker's main/cal_metric.py (Xing et al., CVPR 2023), which takes no root, though the text of MeshTalk and
    FaceFormer speaks of the distance.
    """
    return np.concatenate([squared.max(axis=1) for squared in _squared_norms(predicted, captured, lips)])


def upper_face_dynamics(vertices: Vertices, template: Vertices, upper_face: Indices) -> float:
    """How much the upper face moves: mean_v std_t ||x_tv - template_v||^2, in squared units.

    The standard deviation over time (ddof 0) of the squared norm of the offset, not its variance: as cal_metric.py
    computes it, not as CodeTalker's text has it.
    """
    squared = np.concatenate(list(_squared_norms(vertices, template[None], upper_face)))
    return float(squared.std(axis=0).mean())


def mean_vertex_error(predicted: Vertices, captured: Vertices) -> float:
    """The mean distance over all vertices and frames, in units (FaceDiffuser, Stan et al., MIG 2023: MVE)."""
    total = sum(float(np.sqrt(squared).sum()) for squared in _squared_norms(predicted, captured, None))
    return total / (captured.shape[0] * captured.shape[1])


def mouth_openings(vertices: Vertices, pair: tuple[int, int]) -> Values:
    """The distance of two inner lip vertices at each frame, (T,), in units."""
    upper, lower = (np.asarray(vertices[:, one], dtype=np.float64) for one in pair)
    found: Values = np.linalg.norm(upper - lower, axis=1)
    return found


def correlation(predicted: Values, captured: Values) -> float | None:
    """Pearson's correlation of two curves (T,); None where one of them stands still, and there is none."""
    one, other = predicted - predicted.mean(), captured - captured.mean()
    # What is left of a constant after the mean is taken off is rounding.
    still = [np.abs(rest).max() <= 1e-6 * np.abs(curve).max() for rest, curve in ((one, predicted), (other, captured))]
    return None if any(still) else float(one @ other / np.sqrt((one @ one) * (other @ other)))


def closest(openings: Values, intervals: Sequence[tuple[float, float]], fps: float) -> Values:
    """The smallest mouth opening within each interval of (start_s, end_s), (K,), in units.

    Where the intervals are the bilabial phones, whose lips must meet: how far the mouth closes. The frames of an
    interval are those from the frame of its start to the frame of its end.
    """
    last = len(openings) - 1
    spans = [(min(frame_of(start, fps), last), min(frame_of(end, fps), last)) for start, end in intervals]
    return np.array([openings[start : end + 1].min() for start, end in spans], dtype=np.float64)


def _squared_norms(vertices: Vertices, others: Vertices, chosen: Indices | None) -> Iterator[Values]:
    """||vertices - others||^2 at the chosen vertices (all where None), (at most 64, R) at a time.

    others: (T, V, 3), or (1, V, 3) for every frame.
    """
    picked: Indices | slice = slice(None) if chosen is None else chosen
    for start in range(0, len(vertices), _FRAMES):
        frames = slice(start, start + _FRAMES)
        against = others if len(others) == 1 else others[frames]
        difference = vertices[frames][:, picked].astype(np.float64) - against[:, picked].astype(np.float64)
        yield np.einsum("tvc,tvc->tv", difference, difference)
