"""One video followed from its first picture to its last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.capture import quality
from kmtalk_align.capture.quality import Quality
from kmtalk_align.capture.rigid_fit import fitted
from kmtalk_align.capture.timing import at_even_times, check_times, frame_rate
from kmtalk_align.capture.video import pictures
from kmtalk_align.capture.worker import Found, Worker
from kmtalk_align.errors import CaptureError

# Landmarks to x right, y up, z to the camera.
_AXES = np.array([1.0, -1.0, -1.0])
_CENTIMETRES = 0.01
# How often faces are counted: the detector takes as long as the tracking.
_COUNT_EVERY = 25


@dataclass(frozen=True)
class Tracked:
    """A face followed through a video: what was found in each picture, the pictures' times and their size in pixels."""

    found: Sequence[Found]
    times_s: NDArray[np.float64]
    width: int
    height: int

    def lost(self) -> NDArray[np.intp]:
        """The numbers of the pictures without a face."""
        return np.flatnonzero([one.landmarks is None or one.weights is None for one in self.found])


@dataclass(frozen=True)
class Captured:
    """The motion of a clip at even times: vertices (T, 468, 3) in metres, the head's pose taken out, and the weights
    (T, K) of ARKit's shapes `names`.
    """

    vertices: NDArray[np.float32]
    weights: NDArray[np.float32]
    names: tuple[str, ...]


def track(path: Path, worker: Worker) -> Tracked:
    """Follow the face in a video. Raises CaptureError where it can't be read, or shows two faces."""
    worker.begin()
    found, times_s, last_ms, size = [], [], -1, (0, 0)
    for number, picture in enumerate(pictures(path)):
        if size not in ((0, 0), picture.rgb.shape[:2]):
            raise CaptureError(f"the pictures change their size in frame {number}", where=path, fix="encode it again")
        size = (picture.rgb.shape[0], picture.rgb.shape[1])
        last_ms = max(last_ms + 1, round(picture.time_s * 1000))
        try:
            one = worker.follow(picture.rgb, last_ms, count=number % _COUNT_EVERY == 0)
        except CaptureError as error:
            raise CaptureError(error.what, where=f"{path}, frame {number}", fix=error.fix) from error
        if one.faces is not None and one.faces > 1:
            raise CaptureError(f"frame {number} shows {one.faces} faces", where=path, fix="crop the video to one")
        found.append(one)
        times_s.append(picture.time_s)
    return Tracked(found, np.array(times_s), size[1], size[0])


def look(utterance_id: str, tracked: Tracked, worker: Worker, fps: float) -> Quality:
    """The numbers of a tracked video that is to become motion at `fps`, frames without a face left out."""
    rate, uneven_ms = frame_rate(tracked.times_s)
    lost = tracked.lost()
    kept = np.setdiff1d(np.arange(len(tracked.found)), lost)
    pixels = _pixels(tracked, kept)
    still = _without_pose(pixels, worker) if len(kept) else np.zeros((0, 468, 3), np.float32)
    return Quality(
        utterance_id=utterance_id,
        frames=len(tracked.found),
        frames_lost=len(lost),
        lost=quality.ranges(lost),
        video_fps=round(rate, 3),
        uneven_ms=round(uneven_ms, 2),
        resampled=at_even_times(tracked.times_s, tracked.times_s, fps)[1],
        width=tracked.width,
        height=tracked.height,
        face_px=round(quality.face_px(pixels), 1) if len(kept) else 0.0,
        nose_mm=round(quality.nose_mm(still), 4) if len(kept) else 0.0,
        jitter_mm=round(quality.jitter_mm(still), 4),
    )


def captured(tracked: Tracked, worker: Worker, fps: float) -> Captured:
    """The motion at `fps` of a video whose face was followed in every frame. Raises CaptureError where it was not."""
    lost = tracked.lost()
    if len(lost) == len(tracked.found):
        raise CaptureError("shows no face", fix="give a video of one talking face, seen from the front")
    if len(lost):
        raise CaptureError(
            f"loses the face in {len(lost)} of {len(tracked.found)} frames: {quality.ranges(lost)}",
            fix="cut the video where the face is seen from the front and whole",
        )
    check_times(tracked.times_s, fps)
    names = tuple(sorted(tracked.found[0].weights or ()))
    rows = [[(one.weights or {}).get(name, np.nan) for name in names] for one in tracked.found]
    if not np.isfinite(rows).all():
        raise CaptureError("the tracking program names other weights from frame to frame")
    vertices = _without_pose(_pixels(tracked, np.arange(len(tracked.found))), worker)
    even, _ = at_even_times(vertices, tracked.times_s, fps)
    weights, _ = at_even_times(np.array(rows), tracked.times_s, fps)
    return Captured(even.astype(np.float32), weights.astype(np.float32), names)


def _pixels(tracked: Tracked, chosen: NDArray[np.integer]) -> NDArray[np.float64]:
    """Landmarks (T, 468, 3) of the chosen frames in pixels, y up and z to the camera."""
    size = np.array([tracked.width, tracked.height, tracked.width], np.float64)
    marks = [tracked.found[number].landmarks for number in chosen]
    pixels: NDArray[np.float64] = np.array(marks, np.float64).reshape(-1, 468, 3) * size * _AXES
    return pixels


def _without_pose(pixels: NDArray[np.float64], worker: Worker) -> NDArray[np.float64]:
    """Landmarks laid onto the canonical face by the points that it names, in metres."""
    face = worker.face
    try:
        laid = fitted(pixels, face.vertices[face.fitted], face.fit_weights, face.fitted)
    except ValueError as error:
        raise CaptureError(f"the landmarks are of no face ({error})") from error
    return (laid * _CENTIMETRES).astype(np.float64)
