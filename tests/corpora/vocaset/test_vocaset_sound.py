"""VOCASET's recordings as WAV files: in the form that they are stored in, and heard as such by the decoder."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import wavfile

from kmtalk_align.audio import decode, measure
from kmtalk_align.corpora.data_pickle import load
from kmtalk_align.corpora.vocaset.sound import recording_of, wav_of
from kmtalk_align.errors import CorpusError

TONE = np.sin(np.arange(4800) * 0.05)


@pytest.mark.parametrize(
    ("samples", "stored"),
    [
        ((TONE * 8000).astype(np.int16), np.int16),
        ((TONE * 8000).astype(">i2"), np.int16),
        ((TONE * 8000).astype(np.int32), np.int16),  # as VOCA's own loader takes them
        ((TONE * 8000).astype(np.int64), np.int16),
        (np.round(TONE * 8000), np.int16),
        (TONE * 8000 / 32768, np.float64),
        ((TONE * 8000 / 32768).astype(np.float32), np.float32),
        ((TONE * 8000 / 32768).astype(np.float16), np.float32),
        ((TONE * 8000 * 65536).astype(np.int32), np.int32),
    ],
    ids=str,
)
def test_every_form_is_heard_at_the_same_loudness(tmp_path: Path, samples: np.ndarray, stored: type) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(samples, 16_000))
    assert wavfile.read(path)[1].dtype == stored
    np.testing.assert_allclose(decode(path), TONE * 8000 / 32768, atol=2e-4)


def test_rate_length_and_samples_are_kept(tmp_path: Path) -> None:
    samples = (TONE * 8000).astype(np.int16)
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(samples, 22_000))
    assert (measure(path).sample_rate, measure(path).duration_s) == (22_000, 4800 / 22_000)
    np.testing.assert_array_equal(wavfile.read(path)[1], samples)


def test_two_channels_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_of(np.stack([TONE, TONE], axis=1).astype(np.float32), 16_000))
    assert wavfile.read(path)[1].shape == (4800, 2)
    np.testing.assert_allclose(decode(path), TONE, atol=1e-3)


@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=50))
def test_16_bits_stay_as_they_are(samples: list[int]) -> None:
    given_samples = np.array(samples, np.int16)
    np.testing.assert_array_equal(wavfile.read(io.BytesIO(wav_of(given_samples, 22_000)))[1], given_samples)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, np.int16), "holds no samples"),
        (np.zeros((0, 2), np.int16), "holds no samples"),
        (np.zeros((2, 4800), np.int16), r"shape \(2, 4800\)"),
        (np.zeros((4, 4, 4), np.int16), "shape"),
        (np.zeros(9, np.uint8), "is uint8"),
        (np.zeros(9, np.uint16), "is uint16"),
        (np.full(9, np.nan), "NaN"),
        (np.array([0.0, 1e6]), "reaches 1e"),
        (np.array([2**40]), "reaches 1.09951e"),
    ],
)
def test_what_is_no_sound_is_an_error(samples: np.ndarray, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        wav_of(samples, 16_000)


@pytest.mark.parametrize("rate", [22_000, 22_000.0, np.int64(22_000), np.float64(22_000)])
def test_a_sample_rate_may_be_any_whole_number(rate: object) -> None:
    entry = load(pickle.dumps({"audio": TONE, "sample_rate": rate}, 2))
    samples, found = recording_of(entry)
    assert (found, len(samples)) == (22_000, 4800)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"audio": TONE}, "holds no `audio` with its `sample_rate`"),
        ({"sample_rate": 16_000}, "holds no `audio`"),
        (TONE, "holds no `audio`"),
        (None, "holds no `audio`"),
        ({"audio": [0, 1, 2], "sample_rate": 16_000}, "not an array of numbers"),
        ({"audio": np.array(["a"]), "sample_rate": 16_000}, "not an array of numbers"),
        ({"audio": TONE, "sample_rate": None}, "sample rate is None"),
        ({"audio": TONE, "sample_rate": "16000"}, "sample rate is None"),
        ({"audio": TONE, "sample_rate": 0}, "sample rate is 0"),
        ({"audio": TONE, "sample_rate": 0.5}, r"sample rate is 0\.5"),
        ({"audio": TONE, "sample_rate": float("nan")}, "sample rate is nan"),
        ({"audio": TONE, "sample_rate": float("inf")}, "sample rate is inf"),
        ({"audio": TONE, "sample_rate": True}, "sample rate is None"),
    ],
)
def test_an_entry_that_is_no_recording_is_an_error(entry: object, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        recording_of(load(pickle.dumps(entry, 2)))
