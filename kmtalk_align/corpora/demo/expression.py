"""What a face does besides speaking: blinks, and brows that rise on some words. Random, but the same each time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Lids close faster than they open.
_CLOSING_S, _SHUT_S, _OPENING_S = 0.09, 0.04, 0.20
_BETWEEN_BLINKS_S = (2.0, 5.0)
_LONG_WORD_S = 0.3
_BROWS_RISE_S, _BROWS_FALL_S = 0.2, 0.3
_BROWS_CHANCE, _BETWEEN_BROWS_S = 0.4, 1.0
_BROWS_HEIGHT = (0.15, 0.4)


def blinks(utterance_id: str, times_s: Floats) -> Floats:
    """How far the lids are shut (T,), 0 to 1: a blink every two to five seconds."""
    random = _random(utterance_id, "blinks")
    shut = np.zeros_like(times_s)
    start = random.uniform(0.3, _BETWEEN_BLINKS_S[1])
    while times_s.size and start < times_s[-1]:
        closed = start + _CLOSING_S
        shut = np.maximum(shut, _bump(times_s, start, closed, closed + _SHUT_S, closed + _SHUT_S + _OPENING_S))
        start += random.uniform(*_BETWEEN_BLINKS_S)
    return shut


def brows(utterance_id: str, words: Sequence[tuple[float, float]], times_s: Floats) -> Floats:
    """How far the brows are raised (T,), 0 to 1: on some of the long words, given by their start and end in seconds."""
    random = _random(utterance_id, "brows")
    raised = np.zeros_like(times_s)
    last = -_BETWEEN_BROWS_S
    for start, end in words:
        chance, height = random.uniform(), random.uniform(*_BROWS_HEIGHT)
        if end - start >= _LONG_WORD_S and start - last >= _BETWEEN_BROWS_S and chance < _BROWS_CHANCE:
            last = start
            bump = _bump(times_s, start - _BROWS_RISE_S / 2, start + _BROWS_RISE_S / 2, end, end + _BROWS_FALL_S)
            raised = np.maximum(raised, height * bump)
    return raised


def _random(utterance_id: str, what: str) -> np.random.Generator:
    return np.random.default_rng(list(hashlib.sha256(f"{what} {utterance_id}".encode()).digest()))


def smooth_step(value: Floats) -> Floats:
    """From 0 to 1 as the value does, without a kink at either end: 3 x^2 - 2 x^3, clipped."""
    within = np.clip(value, 0, 1)
    return within * within * (3 - 2 * within)


def _bump(times_s: Floats, start: float, top: float, top_end: float, end: float) -> Floats:
    return smooth_step((times_s - start) / (top - start)) * smooth_step((end - times_s) / (end - top_end))
