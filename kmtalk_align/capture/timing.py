"""Motion at the even times that a corpus has, from pictures taken at the times that a camera had."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CaptureError

# Pictures further apart than this are no motion of a mouth.
LONGEST_GAP_S = 0.1
# Times that differ by less than this share of a frame count as equal.
_EQUAL = 0.1
# The picture may begin so many frames after the sound: the first one then stands for them.
_SLACK_FRAMES = 2


def frame_rate(times_s: NDArray[np.floating]) -> tuple[float, float]:
    """The rate of pictures a second, and how far their times (T,) lie at most from even ones, in milliseconds."""
    numbers = np.arange(len(times_s))
    step, start = np.polyfit(numbers, times_s, 1)
    return float(1 / step), float(np.abs(times_s - (start + step * numbers)).max() * 1000)


def check_times(times_s: NDArray[np.floating], fps: float) -> None:
    """Raise CaptureError where a video of these times (T,) can't give motion at `fps`."""
    gaps = np.diff(times_s)
    place = int(np.argmax(gaps))
    if gaps[place] > LONGEST_GAP_S:
        raise CaptureError(
            f"shows no picture from {times_s[place]:.2f} s to {times_s[place + 1]:.2f} s",
            fix=f"lips are followed at {1 / LONGEST_GAP_S:g} pictures a second or more: cut the video there",
        )
    if times_s[0] > _SLACK_FRAMES / fps:
        raise CaptureError(
            f"its pictures begin {times_s[0]:.2f} s after its sound", fix="cut the video where both are there"
        )


def at_even_times(
    values: NDArray[np.floating], times_s: NDArray[np.floating], fps: float
) -> tuple[NDArray[np.floating], bool]:
    """Values (T, ...) of times (T,) at n / fps, interpolated linearly; and whether they had to be.

    Each picture lasts until the next one is due. At both ends the nearest picture is held.
    """
    last = times_s[-1] + (times_s[-1] - times_s[0]) / max(1, len(times_s) - 1)
    frames = max(1, math.floor(last * fps + 0.5))
    wanted = np.arange(frames) / fps
    if frames == len(times_s) and np.abs(wanted - times_s).max() <= _EQUAL / fps:
        return values, False
    after = np.searchsorted(times_s, wanted).clip(1, len(times_s) - 1)
    span = times_s[after] - times_s[after - 1]
    share = ((wanted - times_s[after - 1]) / span).clip(0, 1).reshape(-1, *[1] * (values.ndim - 1))
    return values[after - 1] * (1 - share) + values[after] * share, True
