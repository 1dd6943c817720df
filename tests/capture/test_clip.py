"""clip.py: a video becomes motion without the head's pose, with numbers that say how well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.capture.clip import captured, look, track
from kmtalk_align.capture.worker import Worker
from kmtalk_align.errors import CaptureError
from tests.capture import fake_tracker
from tests.capture.films import command, film


@contextmanager
def worker(behaviour: str = "good") -> Iterator[Worker]:
    made = Worker(command(behaviour))
    try:
        yield made
    finally:
        made.close()


def wanted(frame: float) -> np.ndarray:
    """The face of the stand-in in metres, between frames too."""
    before = fake_tracker.moving(int(frame))
    return (before + (frame - int(frame)) * (fake_tracker.moving(int(frame) + 1) - before)) / 100


def test_the_head_pose_is_taken_out_and_the_mouth_stays(tmp_path: Path) -> None:
    with worker() as program:
        tracked = track(film(tmp_path / "a.mp4"), program)
        found = captured(tracked, program, 25)
        quality = look("a", tracked, program, 25)
    assert found.names == ("browInnerUp", "jawOpen")
    assert (found.vertices.dtype, found.weights.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(found.vertices, [wanted(frame) for frame in range(10)], atol=1e-6)
    np.testing.assert_allclose(found.weights[:, 1], np.arange(10) / 10, atol=1e-6)
    assert (quality.frames, quality.frames_lost, quality.lost, quality.resampled) == (10, 0, "", False)
    assert (quality.width, quality.height, quality.video_fps) == (64, 48, 25.0)
    assert quality.uneven_ms < 1
    assert quality.face_px > 0
    # Nothing but one point moves, and that one evenly.
    assert quality.nose_mm < 1e-3
    assert quality.jitter_mm < 1e-3


def test_uneven_pictures_are_interpolated_in_time(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.09, 0.12, 0.18, 0.24, 0.27]
    with worker() as program:
        tracked = track(film(tmp_path / "a.mp4", times, fps=33), program)
        found = captured(tracked, program, 50)
        assert look("a", tracked, program, 50).resampled
    start = tracked.times_s[0]
    places = np.interp(np.arange(len(found.vertices)) / 50, np.array(times) + start, np.arange(7.0))
    np.testing.assert_allclose(found.vertices, [wanted(place) for place in places], atol=2e-4)


def test_frames_without_a_face_are_named_and_counted(tmp_path: Path) -> None:
    with worker("loses") as program:
        tracked = track(film(tmp_path / "a.mpg"), program)
        quality = look("a", tracked, program, 25)
        with pytest.raises(CaptureError, match="loses the face in 3 of 10 frames: 2-3 5;"):
            captured(tracked, program, 25)
    assert (quality.frames_lost, quality.lost) == (3, "2-3 5")


def test_a_video_without_a_face_says_so(tmp_path: Path) -> None:
    with worker("blind") as program:
        tracked = track(film(tmp_path / "a.mpg"), program)
        assert look("a", tracked, program, 25).frames_lost == 10
        with pytest.raises(CaptureError, match="shows no face"):
            captured(tracked, program, 25)


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("two", r"a\.mpg: frame 0 shows 2 faces; crop"),
        ("dies", r"a\.mpg, frame 1: the tracking program ended with exit status 3"),
        ("short", r"a\.mpg, frame 0: .*can't be used"),
    ],
)
def test_what_goes_wrong_on_the_way_names_the_frame(tmp_path: Path, behaviour: str, message: str) -> None:
    with worker(behaviour) as program, pytest.raises(CaptureError, match=message):
        track(film(tmp_path / "a.mpg"), program)


@pytest.mark.parametrize(
    ("behaviour", "message"), [("point", "of no face"), ("other weights", "other weights from frame to frame")]
)
def test_landmarks_that_are_no_face_are_refused(tmp_path: Path, behaviour: str, message: str) -> None:
    with worker(behaviour) as program:
        tracked = track(film(tmp_path / "a.mpg"), program)
        with pytest.raises(CaptureError, match=message):
            captured(tracked, program, 25)
