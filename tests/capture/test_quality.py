"""quality.py: what is known of a tracked face without the truth."""

from __future__ import annotations

import numpy as np
import pytest

from kmtalk_align.capture.face import FACE_SIDES, NOSE_BRIDGE
from kmtalk_align.capture.quality import face_px, jitter_mm, nose_mm, ranges


def test_jitter_is_the_noise_of_a_point() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(scale=0.0002, size=(400, 468, 3))
    # A distance in space: of three coordinates.
    assert jitter_mm(noise) == pytest.approx(0.2 * np.sqrt(3), rel=0.05)


def test_a_slow_movement_is_no_jitter() -> None:
    slow = np.zeros((100, 468, 3))
    slow[:, :, 1] = 0.005 * np.sin(np.arange(100) / 25)[:, None]
    assert jitter_mm(slow) < 0.01
    assert jitter_mm(slow[:2]) == 0.0


def test_the_nose_tells_of_itself_alone() -> None:
    vertices = np.zeros((10, 468, 3))
    vertices[:, 13] = np.random.default_rng(1).normal(size=(10, 3))
    assert nose_mm(vertices) == 0.0
    vertices[::2, NOSE_BRIDGE, 0] = 0.001
    assert nose_mm(vertices) == pytest.approx(0.5)


def test_the_width_of_the_face_is_that_of_most_frames() -> None:
    pixels = np.zeros((5, 468, 3))
    pixels[:, FACE_SIDES[1], 0] = 100
    pixels[2, FACE_SIDES[1], 0] = 900
    assert face_px(pixels) == 100.0


@pytest.mark.parametrize(("frames", "text"), [([], ""), ([4], "4"), ([0, 1, 2, 5, 7, 8], "0-2 5 7-8")])
def test_frames_are_named_in_runs(frames: list[int], text: str) -> None:
    assert ranges(np.array(frames, int)) == text
