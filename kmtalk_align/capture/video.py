"""The pictures of a video with their times, by the library that also decodes its sound (PyAV)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CaptureError

SUFFIXES = (".mpg", ".mpeg", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
# As of sound: a file that decodes to less than this share of what its header declares is cut off.
_WHOLE = 0.9
_SLACK_S = 0.2
_LARGEST_SIDE = 8192


@dataclass(frozen=True)
class Picture:
    """One frame: RGB (H, W, 3) upright, its pixels square; its time in seconds from the start of the sound."""

    rgb: NDArray[np.uint8]
    time_s: float


def pictures(path: Path) -> Iterator[Picture]:
    """The frames of a video's first stream of pictures, in order.

    Raises CaptureError where the file is missing, holds no moving pictures or no sound, is damaged or cut off.
    """
    import av

    if not path.is_file():
        raise CaptureError("there is no such file", where=path)
    last, number = -math.inf, 0
    try:
        with av.open(str(path)) as container:
            stream, start_s = _stream(container, path)
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise CaptureError(f"frame {number} is damaged", where=path, fix="copy or encode the video again")
                if frame.pts is None or (time_s := float(frame.pts * frame.time_base) - start_s) <= last:
                    raise CaptureError(
                        f"frame {number} has no time after the one before", where=path, fix="encode the video again"
                    )
                last, number = time_s, number + 1
                yield Picture(_upright(frame, float(stream.sample_aspect_ratio or 1), path), time_s)
            # Of pictures and sound together, in microseconds.
            declared = (container.duration or 0) / 1e6
    except (av.FFmpegError, ArithmeticError, EOFError, ValueError) as error:
        raise CaptureError(
            f"cannot be decoded after {number} frames ({type(error).__name__})",
            where=path,
            fix="is it a video, and is it whole?",
        ) from error
    if number < 2:
        raise CaptureError("holds no moving pictures", where=path, fix="give a video of a talking head")
    if last < _WHOLE * declared - _SLACK_S:
        raise CaptureError(
            f"its pictures end at {last:.2f} s of the {declared:.2f} s that it declares",
            where=path,
            fix="copy it again if it is cut off, or cut it where the pictures end",
        )


def _stream(container: Any, path: Path) -> tuple[Any, float]:
    """The stream of pictures, and the time at which the sound starts, in seconds."""
    from av.stream import Disposition

    # A recording of sound may carry the picture of its cover.
    moving = (one for one in container.streams.video if not one.disposition & Disposition.attached_pic)
    video = next(moving, None)
    sound = next(iter(container.streams.audio), None)
    if video is None:
        raise CaptureError("holds no pictures", where=path, fix="give a video of a talking head")
    if sound is None:
        raise CaptureError("holds no sound", where=path, fix="speech is animated by its sound; give a video with it")
    if max(video.width, video.height) > _LARGEST_SIDE:
        raise CaptureError(f"its pictures are {video.width} x {video.height}", where=path, fix="scale the video down")
    video.thread_type = "AUTO"
    return video, float((sound.start_time or 0) * sound.time_base)


def _upright(frame: Any, pixel_ratio: float, path: Path) -> NDArray[np.uint8]:
    """The frame's pixels (H, W, 3), turned as the camera was held; pixel_ratio: how much wider than high a pixel is."""
    width = max(1, round(frame.width * pixel_ratio))
    pixels = frame.reformat(width=width, format="rgb24", interpolation="BICUBIC").to_ndarray()
    quarters, rest = divmod(round(frame.rotation), 90)
    if rest:
        raise CaptureError(f"its pictures are turned by {frame.rotation} degrees", where=path, fix="encode it upright")
    return np.ascontiguousarray(np.rot90(pixels, quarters % 4), np.uint8)
