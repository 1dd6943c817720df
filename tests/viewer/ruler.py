"""Animations whose pictures tell their frame: a small square that goes from left to right, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.aligners.base import Interval
from kmtalk_model.animation import Animation, Sound

FPS, FRAMES = 25.0, 75
KEYS = (0, 10, 25, 60)
WORDS = (Interval(0.4, 1.0, "red"), Interval(1.0, 2.4, "sofa"))
PHONES = (
    Interval(0.0, 0.4, "sil"),
    Interval(0.4, 0.7, "R"),
    Interval(0.7, 1.0, "EH"),
    Interval(1.0, 1.7, "S"),
    Interval(1.7, 2.4, "OW"),
)
_SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32) * 0.01
_FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
LENGTH = 0.2


def ruler(sound: Path | None = None, *, frames: int = FRAMES, squares: int = 1, **changes: Any) -> Animation:
    """A square of 10 mm that goes 200 mm to the right; with `squares`, some of them one over another."""
    stack = np.concatenate([_SQUARE + np.array([0, 0.02 * number, 0]) for number in range(squares)]).astype(np.float32)
    way = np.linspace(0, LENGTH, frames, dtype=np.float32)
    vertices = stack + way[:, None, None] * np.array([1, 0, 0], np.float32)
    values: dict[str, Any] = {
        "vertices": vertices,
        "fps": FPS,
        "template": stack,
        "faces": np.concatenate([_FACES + 4 * number for number in range(squares)]).astype(np.int32),
        "unit": "metre",
        "key_frames": np.array([key for key in KEYS if key < frames], np.int32),
        "key_source": "phoneme",
        "words": WORDS,
        "phones": PHONES,
        "sound": Sound(str(sound), 48_000) if sound else None,
        "name": "ruler",
    }
    return Animation(**(values | changes))


def moved(animation: Animation, by: Sequence[float], vertices: slice, name: str) -> Animation:
    """A copy in which some vertices lie elsewhere, by (3,)."""
    copy = animation.vertices.copy()
    copy[:, vertices] += np.array(by, np.float32)
    changed: dict[str, Any] = {**vars(animation), "vertices": copy, "name": name}
    return Animation(**changed)
