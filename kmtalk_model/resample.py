"""From an encoder's tokens to the frames of an animation, by time, for any frame rate.

Frame n stands for the time n / fps; token j of a stream for ``first_s + j / rate_hz``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.encoders.base import Stream

Resampling = Literal["interpolate", "average", "stack"]
"""How tokens become frames. `interpolate`: linearly between the two nearest tokens, as SelfTalk's wav2vec.py does, but
by time. `average`: a weighted mean, by a triangle, of all tokens within a frame on either side, so that none is passed
over where there are more tokens than frames. `stack`: the tokens of a frame side by side, which makes d wider, as
SelfTalk does on BIWI (two tokens of 50 Hz at 25 fps).
"""


def to_frames(
    features: NDArray[np.floating], stream: Stream, n_frames: int, fps: float, how: Resampling = "interpolate"
) -> NDArray[np.float32]:
    """Features (T, d) of a stream at the frames of an utterance: (n_frames, d), or (n_frames, k * d) for `stack`.

    Before the first and after the last token the nearest one holds.
    """
    if how == "stack":
        side_by_side = features[stacked_tokens(stream, n_frames, fps, len(features))]
        return side_by_side.reshape(n_frames, -1).astype(np.float32)
    tokens, weights = weighted_tokens(stream, n_frames, fps, len(features), how)
    found: NDArray[np.float32] = np.einsum("nk,nkd->nd", weights, features[tokens].astype(np.float32))
    return found


def streams_to_frames(
    features: Mapping[str, NDArray[np.floating]],
    streams: Mapping[str, Stream],
    n_frames: int,
    fps: float,
    how: Resampling = "interpolate",
) -> NDArray[np.float32]:
    """Features (T, d) by stream at the frames of an utterance, side by side in order of their names: (n_frames, d)."""
    parts = [to_frames(features[name], streams[name], n_frames, fps, how) for name in sorted(features)]
    return np.concatenate(parts, axis=1)


def frame_width(stream: Stream, fps: float, how: Resampling) -> int:
    """The width that a stream has after `to_frames`."""
    return stream.width * (tokens_per_frame(stream, fps) if how == "stack" else 1)


def tokens_per_frame(stream: Stream, fps: float) -> int:
    """How many tokens `stack` puts side by side: as many as a frame lasts, rounded up."""
    return max(1, math.ceil(stream.rate_hz / fps - 1e-9))


@lru_cache(maxsize=4096)  # clips of a corpus share few lengths
def weighted_tokens(
    stream: Stream, n_frames: int, fps: float, n_tokens: int, how: Literal["interpolate", "average"]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Which tokens (n_frames, k) make each frame, and with which weights (n_frames, k), whose rows sum to 1."""
    reach = max(1.0, stream.rate_hz / fps) if how == "average" else 1.0
    place = np.clip((np.arange(n_frames) / fps - stream.first_s) * stream.rate_hz, 0, n_tokens - 1)
    around = np.arange(1 - math.ceil(reach), math.ceil(reach) + 1)
    tokens = np.floor(place)[:, None] + around
    weights = np.maximum(0.0, 1.0 - np.abs(tokens - place[:, None]) / reach)
    weights[(tokens < 0) | (tokens > n_tokens - 1)] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(tokens, 0, n_tokens - 1).astype(np.intp), weights.astype(np.float32)


def stacked_tokens(stream: Stream, n_frames: int, fps: float, n_tokens: int) -> NDArray[np.intp]:
    """The tokens (n_frames, k) that `stack` puts side by side: those that start with the frame."""
    first = np.floor(np.arange(n_frames) * stream.rate_hz / fps + 1e-9)[:, None]
    tokens: NDArray[np.intp] = (first + np.arange(tokens_per_frame(stream, fps))).astype(np.intp)
    return np.clip(tokens, 0, n_tokens - 1)
