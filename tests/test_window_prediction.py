"""Speech of any length through the networks, in windows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from kmtalk_align.errors import ConfigError
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.speech import Speech
from kmtalk_model.system import System
from kmtalk_model.windows import Windows, predict
from tests.tiny_run import completion_config, key_motion_config

FPS, WIDTH, V = 25.0, 6, 2


class Made:
    """A system by a function of the speech and of how many windows came before; keeps what it heard."""

    def __init__(self, motion: Callable[[Speech, int], Tensor]) -> None:
        self.motion, self.heard = motion, list[Speech]()

    def predict(self, speech: Speech) -> Tensor:
        self.heard.append(speech)
        return self.motion(speech, len(self.heard) - 1)


def own_features(speech: Speech, _: int) -> Tensor:
    """The motion of a frame is its own features."""
    return speech.features.unflatten(-1, (V, 3))


def smooth(n_frames: int, width: int = WIDTH) -> NDArray[np.float32]:
    """Features that wander slowly."""
    times = np.arange(n_frames)[:, None] / FPS
    return np.sin(2 * np.pi * times * np.linspace(0.3, 1.5, width) + np.arange(width)).astype(np.float32)


def keys(n_frames: int, step: int = 3) -> NDArray[np.int32]:
    return np.arange(0, n_frames, step, dtype=np.int32)


def fastest(motion: NDArray[np.float32]) -> float:
    """The largest step of any coordinate from one frame to the next."""
    return float(np.abs(np.diff(motion, axis=0)).max())


def networks() -> System:
    torch.manual_seed(1)
    decoder = KeyMotionDecoder(key_motion_config(V, WIDTH))
    completion = MotionCompletion(completion_config(V, WIDTH))
    for network in (decoder, completion):
        torch.nn.init.normal_(network.decoder.head.weight)
    return System(decoder.eval(), completion.eval())


@given(n_frames=st.integers(1, 400), length_s=st.floats(0.2, 12), share=st.floats(0.01, 0.49))
def test_where_windows_agree_their_cuts_can_not_be_seen(n_frames: int, length_s: float, share: float) -> None:
    features = smooth(n_frames)
    found = predict(
        Made(own_features), features, keys(n_frames), FPS, parts=Windows(length_s, share * length_s), anchor_ends=False
    )
    np.testing.assert_allclose(found.reshape(n_frames, -1), features, atol=1e-6)


def test_a_recording_that_fits_into_one_window_is_predicted_as_it_is() -> None:
    features, system = smooth(120), networks()
    with torch.inference_mode():  # in which torch takes another, faster way through a transformer
        whole = system.predict(Speech.of([torch.from_numpy(features)], [torch.from_numpy(keys(120)).long()], FPS))
    found = predict(system, features, keys(120), FPS, parts=Windows(4.8, 1.0), anchor_ends=True)
    np.testing.assert_array_equal(found, whole[0].numpy())


@pytest.mark.parametrize("anchor_ends", [True, False])
def test_each_window_has_its_own_part_of_the_key_frames(anchor_ends: bool) -> None:
    n_frames, system = 230, Made(own_features)
    predict(system, smooth(n_frames), keys(n_frames, 7), FPS, parts=Windows(4.0, 1.0), anchor_ends=anchor_ends)
    starts = [0, 75, 130]
    for start, speech in zip(starts, system.heard, strict=True):
        within = [key - start for key in range(0, n_frames, 7) if start <= key < start + 100]
        ends = {0, 99} if anchor_ends else set()
        assert speech.key_frames[0].tolist() == sorted({*within, *ends})
        assert speech.features.shape[1] == 100


def test_a_long_silence_has_the_ends_of_its_window_as_key_frames() -> None:
    system = Made(own_features)
    at_ends = np.array([0, 299], np.int32)
    predict(system, smooth(300), at_ends, FPS, parts=Windows(4.0, 1.0), anchor_ends=False)
    assert [speech.key_frames[0].tolist() for speech in system.heard] == [[0], [0, 99], [0, 99], [99]]


def test_a_seam_adds_no_more_than_the_difference_shared_out_over_the_fade() -> None:
    """Windows that disagree by a constant, as badly as can be: a cut would jump by all of it."""
    n_frames, difference, shared = 500, 1.0, 50
    features = smooth(n_frames)
    system = Made(lambda speech, number: own_features(speech, 0) + difference * (number % 2))
    found = predict(system, features, keys(n_frames), FPS, parts=Windows(8.0, 2.0))
    assert len(system.heard) > 2
    assert fastest(found) <= fastest(features) + difference / (shared + 1) + 1e-6
    assert np.ptp(found.reshape(n_frames, -1) - features) == pytest.approx(difference, abs=1e-5)


def test_networks_move_no_faster_at_a_seam_than_elsewhere() -> None:
    n_frames, parts, system = 1000, Windows(8.0, 2.0), networks()
    found = predict(system, smooth(n_frames), keys(n_frames), FPS, parts=parts)
    speed = np.abs(np.diff(found, axis=0)).max(axis=(1, 2))
    shared = np.zeros(n_frames - 1, bool)
    windows = parts.over(n_frames, FPS)
    for before, after in pairwise(windows):
        shared[after.start - 1 : before.stop] = True
    assert 0 < shared.sum() < len(speed) / 2
    assert speed[shared].max() <= speed[~shared].max()
    assert speed[shared].mean() <= 1.2 * speed[~shared].mean()


@pytest.mark.parametrize(("length_s", "shared_s"), [(4.0, 2.0), (4.0, 0.0), (1.0, 4.0)])
def test_windows_that_share_too_much_or_nothing_are_refused(length_s: float, shared_s: float) -> None:
    with pytest.raises(ConfigError, match="share"):
        Windows(length_s, shared_s)
