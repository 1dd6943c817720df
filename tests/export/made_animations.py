"""Animations that tests export: a bent sheet, and the demo's head with made-up weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.aligners.base import Interval
from kmtalk_align.corpora.demo.head import HEAD_FILE, Head, load_head
from kmtalk_model.animation import Animation, Sound
from tests.conftest import REPOSITORY

HEAD = REPOSITORY / "resources" / "demo" / HEAD_FILE
SIDE = 6


def sheet(**changes: Any) -> Animation:
    """A sheet of 6 x 6 vertices, 25 cm across, that waves for 11 frames."""
    x, y = np.meshgrid(*[np.linspace(-0.09, 0.09, SIDE)] * 2)
    template = np.stack([x.ravel(), y.ravel(), np.zeros(SIDE * SIDE)], axis=1).astype(np.float32)
    times = np.arange(11)[:, None] / 25
    waves = 0.01 * np.sin(20 * times + 30 * template[:, 0]) + 0.004 * np.sin(9 * times + 50 * template[:, 1] ** 2)
    vertices = np.repeat(template[None], len(times), axis=0)
    vertices[..., 2] += waves
    corner = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = (one.ravel() for one in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]))
    values: dict[str, Any] = {
        "vertices": vertices,
        "fps": 25.0,
        "template": template,
        "faces": np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32),
        "unit": "metre",
        "key_frames": np.array([0, 4, 10], np.int32),
        "key_source": "phoneme",
        "words": (Interval(0.1, 0.3, "ma"),),
        "phones": (Interval(0.0, 0.1, "sil"), Interval(0.1, 0.2, "M"), Interval(0.2, 0.3, "AA1")),
        "regions": {"lips": tuple(range(12, 18))},
        "name": "sheet",
    }
    return Animation(**(values | changes))


def made_weights(names: list[str], frames: int, seed: int = 0) -> dict[str, NDArray[np.float64]]:
    """Smooth weights in [0, 0.8], half of them nought at any time."""
    random = np.random.default_rng(seed)
    times = np.arange(frames)[:, None] / 25
    waves = 0.8 * np.sin(2 * np.pi * (random.uniform(0.3, 2, len(names)) * times + random.uniform(0, 1, len(names))))
    return dict(zip(names, np.clip(waves, 0, None).T, strict=True))


def talking_head(weights: dict[str, NDArray[np.float64]], **changes: Any) -> Animation:
    """The demo's head with weights (T,) of its shapes."""
    head = demo_head()
    values: dict[str, Any] = {
        "vertices": head.pose(weights).astype(np.float32),
        "fps": 25.0,
        "template": head.neutral.astype(np.float32),
        "faces": head.faces,
        "unit": "metre",
        "key_frames": np.zeros(0, np.int32),
        "key_source": "",
        "regions": {name: _region(name) for name in ("eyes", "lips", "mouth_interior", "tongue", "upper_teeth")},
        "name": "head",
    }
    return Animation(**(values | changes))


def demo_head() -> Head:
    return load_head(HEAD)


def with_sound(animation: Animation, path: Path) -> Animation:
    return Animation(**{**vars(animation), "sound": Sound(str(path), round(animation.duration_s * 16_000))})


def _region(name: str) -> tuple[int, ...]:
    text = (HEAD.parent / "regions" / f"{name}.txt").read_text()
    return tuple(int(one) for one in text.replace(",", " ").split())
