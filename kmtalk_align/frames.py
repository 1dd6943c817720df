"""Frames and times: frames are 0-based, and frame n stands for the time n / fps."""

from __future__ import annotations

import math


def nearest(value: float) -> int:
    """The nearest whole number, halves upwards: ``floor(x + 0.5)``, where Python's `round` takes halves to even."""
    return math.floor(value + 0.5)


def frame_of(time_s: float, fps: float) -> int:
    """The frame nearest to a time: ``floor(t * fps + 0.5)``. Of a duration: how many frames it is long."""
    return nearest(time_s * fps)
