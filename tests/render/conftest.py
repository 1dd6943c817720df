"""Faces to draw, and videos read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.errors import RenderError
from kmtalk_model.animation import Animation


@pytest.fixture(scope="session")
def drawing() -> None:
    """A machine that can draw; without one the test is skipped."""
    from kmtalk_model.render.machine import check_drawing

    try:
        check_drawing()
    except RenderError as error:
        pytest.skip(f"needs EGL with a driver ({error.what})")


@pytest.fixture
def face() -> Callable[..., Animation]:
    """Makes an animation of a square of four triangles, 1 wide, whose middle vertex moves to and fro."""

    def make(frames: int = 6, **changes: Any) -> Animation:
        square = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 0]], np.float32)
        moving = np.repeat(square[None], frames, axis=0)
        moving[:, 4, 2] = 0.3 * np.sin(np.arange(frames))
        values: dict[str, Any] = {
            "vertices": moving,
            "fps": 25.0,
            "template": square,
            "faces": np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], np.int32),
            "unit": "metre",
            "key_frames": np.zeros(0, np.int32),
            "key_source": "",
            "name": "made up",
        }
        return Animation(**(values | changes))

    return make


class Read:
    """A video as it plays: frames (T, height, width, 3); samples of the sound with the time of each, seconds."""

    def __init__(self, path: Path) -> None:
        import av

        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            self.codecs = [one.codec_context.name for one in container.streams]
            self.pixels, self.fps = stream.codec_context.pix_fmt, stream.average_rate
            frames = list(container.decode(stream))
            self.frames: NDArray[np.uint8] = np.stack([one.to_ndarray(format="rgb24") for one in frames])
            self.times_s = np.array([one.time for one in frames])
        samples, times_s = [np.zeros(0)], [np.zeros(0)]
        with av.open(str(path)) as container:
            for one in container.decode(audio=0) if container.streams.audio else ():
                found = one.to_ndarray()[0]
                samples.append(found)
                assert one.time is not None
                times_s.append(one.time + np.arange(len(found)) / one.sample_rate)
        self.samples, self.samples_s = np.concatenate(samples), np.concatenate(times_s)


@pytest.fixture
def read_video() -> type[Read]:
    """Reads a video back."""
    return Read
