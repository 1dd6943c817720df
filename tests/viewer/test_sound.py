from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.audio import decode_to_listen
from kmtalk_align.errors import AudioError
from kmtalk_model.viewer.sound import flac


@pytest.mark.parametrize(("channels", "rate"), [(1, 16_000), (1, 8_000), (2, 44_100)])
def test_every_sample_is_kept(channels: int, rate: int, write_wav: Callable[..., Path], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-(2**15), 2**15, (rate, channels), np.int16)
    wav = write_wav("noise.wav", noise, rate)
    samples, own_rate = decode_to_listen(wav)
    assert (samples.shape, own_rate) == ((channels, rate), rate)
    np.testing.assert_array_equal(samples, noise.T)
    (tmp_path / "out.flac").write_bytes(flac(wav, 1.0))
    kept, kept_rate = decode_to_listen(tmp_path / "out.flac")
    assert kept_rate == rate
    np.testing.assert_array_equal(kept, samples)


@pytest.mark.parametrize("seconds", [0.04, 0.7, 1.3])
def test_it_lasts_as_long_as_the_animation(seconds: float, write_wav: Callable[..., Path], tmp_path: Path) -> None:
    wav = write_wav("tone.wav", 0.5 + 0.3 * np.sin(np.arange(16_000)))
    (tmp_path / "out.flac").write_bytes(flac(wav, seconds))
    kept, _ = decode_to_listen(tmp_path / "out.flac")
    whole, _ = decode_to_listen(wav)
    assert kept.shape == (1, round(seconds * 16_000))
    np.testing.assert_array_equal(kept[:, :16_000], whole[:, : kept.shape[1]])
    assert not kept[:, 16_000:].any()


def test_many_channels_become_two(write_wav: Callable[..., Path]) -> None:
    samples, _ = decode_to_listen(write_wav("surround.wav", np.full((800, 6), 0.1)))
    assert samples.shape == (2, 800)


def test_what_is_no_recording_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not a recording at all")
    with pytest.raises(AudioError, match=r"a\.wav"):
        flac(tmp_path / "a.wav", 1.0)
