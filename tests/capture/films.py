"""Videos made for tests, and the environment of the stand-in for the tracking program."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kmtalk_align.capture import environment

FAKE = Path(__file__).with_name("fake_tracker.py")
RATE = 16_000


def command(behaviour: str = "good") -> list[str]:
    """The command of the stand-in."""
    return [sys.executable, str(FAKE), behaviour]


def use_fake(monkeypatch: pytest.MonkeyPatch, folder: Path, behaviour: str = "good") -> None:
    """Put an environment in `folder` whose tracking program is the stand-in."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "lib").mkdir(exist_ok=True)
    (folder / "bin/python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "{behaviour}"\n')
    (folder / "bin/python").chmod(0o755)
    (folder / "lib/face_landmarker.task").write_bytes(b"model")
    monkeypatch.setattr(environment, "MODEL_SHA256", hashlib.sha256(b"model").hexdigest())
    monkeypatch.setenv(environment.VARIABLE, str(folder))


def film(
    path: Path,
    times_s: Sequence[float] | None = None,
    *,
    frames: int = 10,
    fps: float = 25,
    size: tuple[int, int] = (64, 48),
    sound_s: float | None = 0.4,
    pixel_ratio: Fraction = Fraction(1),
) -> Path:
    """A video whose pictures brighten from frame to frame, their upper half red; a tone of `sound_s` unless None.

    Frame n is shown at times_s[n], at n / fps where that is None.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        mpeg = path.suffix == ".mpg"
        video = container.add_stream("mpeg2video" if mpeg else "mpeg4", rate=Fraction(fps).limit_denominator(1001))
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.sample_aspect_ratio = pixel_ratio
        video.bit_rate = 2_000_000
        if not mpeg:
            video.codec_context.time_base = Fraction(1, 1000)
        sound = container.add_stream("mp2" if mpeg else "aac", rate=RATE, layout="mono") if sound_s else None
        for number, time_s in enumerate(times_s or [n / fps for n in range(frames)]):
            pixels = np.full((size[1], size[0], 3), min(255, 20 + 10 * number), np.uint8)
            pixels[: size[1] // 2] = [200, 0, 0]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if mpeg:
                frame.pts, frame.time_base = number, 1 / Fraction(fps)
            else:
                frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None:
            tone = 0.3 * np.sin(np.arange(round((sound_s or 0) * RATE)) * 0.2)
            block = av.AudioFrame.from_ndarray((tone * 32767).astype(np.int16)[None], format="s16", layout="mono")
            block.sample_rate, block.pts, block.time_base = RATE, 0, Fraction(1, RATE)
            container.mux(sound.encode(block))
            container.mux(sound.encode())
    return path
