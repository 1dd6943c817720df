"""How well a face was followed: numbers that need no truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.capture.face import FACE_SIDES, NOSE_BRIDGE

# The second difference of independent noise has this many times its variance: 1 + 4 + 1.
_SECOND_DIFFERENCE = 6.0


@dataclass(frozen=True)
class Quality:
    """One clip. A row of quality.csv.

    frames: of the video; frames_lost, lost: how many showed no face, and which; video_fps, uneven_ms: its frame rate,
    and how far its pictures' times lie at most from even ones; resampled: whether the motion was interpolated to the
    corpus' rate; face_px: the width of the face in pixels, the median; nose_mm: how far the bridge of the nose, which
    can't move, moves: the floor below which motion means nothing; jitter_mm: the noise of a point from frame to frame.
    """

    utterance_id: str
    frames: int
    frames_lost: int
    lost: str
    video_fps: float
    uneven_ms: float
    resampled: bool
    width: int
    height: int
    face_px: float
    nose_mm: float
    jitter_mm: float


def nose_mm(vertices: NDArray[np.floating]) -> float:
    """Root mean square distance of the nose's bridge from where it is on average; vertices (T, 468, 3) in metres."""
    bridge = vertices[:, NOSE_BRIDGE].astype(np.float64)
    return float(np.sqrt(((bridge - bridge.mean(axis=0)) ** 2).sum(axis=-1).mean()) * 1000)


def jitter_mm(vertices: NDArray[np.floating]) -> float:
    """The noise of a point, in millimetres, were the face at rest; vertices (T, 468, 3) in metres.

    From second differences in time, of which speech has few and noise many: for each frame the root mean square over
    points, divided by what the difference makes of independent noise, and of the frames the lower quartile, where the
    face moves least. 0 for fewer than three frames.
    """
    if len(vertices) < 3:
        return 0.0
    bends = np.diff(vertices.astype(np.float64), n=2, axis=0)
    frames = np.sqrt((bends**2).sum(axis=-1).mean(axis=-1) / _SECOND_DIFFERENCE)
    return float(np.quantile(frames, 0.25) * 1000)


def face_px(pixels: NDArray[np.floating]) -> float:
    """How wide the face is, the median over frames; landmarks (T, 468, 3) in pixels."""
    left, right = FACE_SIDES
    return float(np.median(np.linalg.norm(pixels[:, left] - pixels[:, right], axis=-1)))


def ranges(frames: NDArray[np.integer]) -> str:
    """Sorted frame numbers, neighbours together: "3-5 9"."""
    runs = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1) if len(frames) else []
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
