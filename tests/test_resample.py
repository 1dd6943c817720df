"""Tokens to frames by time, against interpolation of numpy and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_model.encoders.base import Stream
from kmtalk_model.resample import frame_width, to_frames, tokens_per_frame, weighted_tokens

RATES = st.sampled_from([12.5, 25.0, 29.97, 49.95, 50.0, 100.0])
FPS = st.sampled_from([10.0, 24.0, 25.0, 29.97, 30.0, 60.0, 120.0])


@given(RATES, FPS, st.integers(1, 80), st.integers(1, 60), st.floats(0, 0.03))
def test_interpolation_is_numpys(rate: float, fps: float, tokens: int, frames: int, first_s: float) -> None:
    features = np.random.default_rng(tokens).standard_normal((tokens, 3)).astype(np.float32)
    found = to_frames(features, Stream(3, rate, first_s), frames, fps)
    times, places = np.arange(frames) / fps, first_s + np.arange(tokens) / rate
    expected = np.stack([np.interp(times, places, column) for column in features.T], axis=1)
    assert found.shape == (frames, 3)
    assert np.allclose(found, expected, atol=1e-4)


@given(RATES, FPS, st.integers(1, 80), st.integers(1, 60))
def test_an_average_weighs_by_distance_and_keeps_a_constant(rate: float, fps: float, tokens: int, frames: int) -> None:
    stream = Stream(1, rate, 0.0)
    places, weights = weighted_tokens(stream, frames, fps, tokens, "average")
    reach = max(1 / rate, 1 / fps)
    for frame in range(frames):
        time = min(frame / fps, (tokens - 1) / rate)
        near = np.maximum(0, 1 - np.abs(np.arange(tokens) / rate - time) / reach)
        given_weights = np.zeros(tokens)
        np.add.at(given_weights, places[frame], weights[frame])
        assert np.allclose(given_weights, near / near.sum(), atol=1e-5)
    assert np.allclose(to_frames(np.full((tokens, 1), 7.0, np.float16), stream, frames, fps, "average"), 7.0)


def test_no_token_is_passed_over_by_an_average() -> None:
    places, weights = weighted_tokens(Stream(1, 100.0, 0.0), 50, 25.0, 200, "average")
    used = np.zeros(200)
    np.add.at(used, places, weights)
    assert (used[:196] > 0).all()


def test_pairs_of_50_hz_tokens_are_stacked_at_25_fps() -> None:
    features = np.arange(12, dtype=np.float32).reshape(6, 2)
    found = to_frames(features, Stream(2, 50.0, 0.0125), 3, 25.0, "stack")
    assert np.array_equal(found, features.reshape(3, 4))
    assert frame_width(Stream(2, 50.0, 0.0125), 25.0, "stack") == 4


@pytest.mark.parametrize(
    ("rate", "fps", "expected"), [(50, 25, 2), (50, 30, 2), (50, 60, 1), (100, 25, 4), (50, 50, 1)]
)
def test_stacked_tokens_are_as_many_as_a_frame_lasts(rate: float, fps: float, expected: int) -> None:
    assert tokens_per_frame(Stream(1, rate, 0.0), fps) == expected


@given(RATES, FPS, st.integers(1, 80), st.integers(1, 60))
def test_stacked_tokens_start_with_their_frame(rate: float, fps: float, tokens: int, frames: int) -> None:
    features = np.arange(tokens, dtype=np.float32)[:, None]
    found = to_frames(features, Stream(1, rate, 0.0), frames, fps, "stack")
    assert found.shape == (frames, tokens_per_frame(Stream(1, rate, 0.0), fps))
    starts = np.minimum(np.floor(np.arange(frames) * rate / fps + 1e-9), tokens - 1)
    assert np.array_equal(found[:, 0], starts)
