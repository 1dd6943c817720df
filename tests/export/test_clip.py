"""One utterance of an export: its length in frames, its files, and its name."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.audio import decode, measure
from kmtalk_align.corpora.splits import subject_of
from kmtalk_align.corpus import Motion, Utterance
from kmtalk_align.errors import ArtefactError, AudioError
from kmtalk_align.export.clip import Clip, file_stem, read_clip, write_array, write_clip
from kmtalk_align.frames import frame_of


def utterance_of(path: Path, fps: float) -> Utterance:
    duration_s = measure(path).duration_s
    return Utterance("a", "a", "train", path.name, None, frame_of(duration_s, fps), fps, duration_s)


# Recordings that end at the edge of a frame, where the resampled sound falls on the other side.
@pytest.mark.parametrize(
    ("rate", "samples", "fps"),
    [(44_100, 9_701, 25), (44_100, 20_285, 25), (48_000, 18_400, 30), (22_050, 4_043, 30), (44_100, 21_337, 29.97)],
)
def test_a_recording_is_as_many_frames_long_as_before(
    rate: int, samples: int, fps: float, write_wav: Callable[..., Path], tmp_path: Path
) -> None:
    path = write_wav("in/a.wav", np.full(samples, 0.1), rate)
    assert frame_of(len(decode(path)) / 16_000, fps) != frame_of(samples / rate, fps)
    clip = read_clip(utterance_of(path, fps), path.parent, 0)
    assert abs(len(clip.sound) - len(decode(path))) == 1
    write_clip(clip, tmp_path, "a")
    assert frame_of(measure(tmp_path / "wav" / "a.wav").duration_s, fps) == frame_of(samples / rate, fps)


def test_sound_at_16_khz_keeps_every_bit(write_wav: Callable[..., Path], tmp_path: Path) -> None:
    path = write_wav("in/a.wav", np.random.default_rng(0).uniform(-1, 1, 4_000))
    write_clip(read_clip(utterance_of(path, 25), path.parent, 0), tmp_path, "a")
    written = tmp_path / "wav" / "a.wav"
    with wave.open(str(written)) as file:
        assert file.getparams()[:3] == (1, 2, 16_000)
    assert np.array_equal(decode(written), decode(path))


def test_stereo_at_another_rate_becomes_mono_at_16_khz(write_wav: Callable[..., Path], tmp_path: Path) -> None:
    path = write_wav("in/a.wav", np.full((44_100, 2), 0.1), 44_100)
    write_clip(read_clip(utterance_of(path, 25), path.parent, 0), tmp_path, "a")
    with wave.open(str(tmp_path / "wav" / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, 16_000)


def test_another_recording_than_before_is_refused(write_wav: Callable[..., Path]) -> None:
    path = write_wav("a.wav", np.full(16_000, 0.1))
    before = replace(utterance_of(path, 25), duration_s=1.02)
    with pytest.raises(ArtefactError, match=r"a\.wav: is 1\.00 s long, 1\.02 s are expected; prepare"):
        read_clip(before, path.parent, 0)


def test_a_recording_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"^wav/a\.wav: there is no such file"):
        read_clip(Utterance("a", "a", "train", "wav/a.wav"), tmp_path, 0)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_vertices_are_float32_of_the_frames_that_count(kind: type[np.floating], write_wav: Callable[..., Path]) -> None:
    path = write_wav("a.wav", np.full(6_400, 0.1))
    stored = np.random.default_rng(0).standard_normal((25, 4, 3)).astype(kind)
    np.save(path.with_suffix(".npy"), stored)
    utterance = replace(utterance_of(path, 25), motion=Motion("a.npy", 3, 20, 2))
    found = read_clip(utterance, path.parent, 4).vertices
    assert found is not None
    assert found.dtype == np.float32
    assert np.array_equal(found, stored[3:23:2].astype(np.float32).reshape(10, 12))
    with pytest.raises(ArtefactError, match=r"a\.npy: has 4 vertices, 5 are expected"):
        read_clip(utterance, path.parent, 5)


def test_an_audio_corpus_gets_no_vertices(tmp_path: Path) -> None:
    write_clip(Clip(np.zeros(100, np.float32), None), tmp_path, "a")
    assert [path.name for path in tmp_path.iterdir()] == ["wav"]


def test_arrays_need_no_pickle(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.arange(3, dtype=np.int32))
    assert np.load(io.BytesIO((tmp_path / "a.npy").read_bytes()), allow_pickle=False).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("ann_sentence01", "ann_sentence01"),
        ("Jürgen_a b", "Jürgen_a b"),
        ("a%20b", "a%20b"),
        ("a/é_01", "a%2Fé_01"),
        (".a_01", "%2Ea_01"),
        ("../a", "%2E.%2Fa"),
    ],
)
def test_a_name_is_kept_where_a_file_can_have_it(name: str, stem: str) -> None:
    assert file_stem(name) == stem


@given(st.text("a_/.%é\0", min_size=1, max_size=6))
def test_a_stem_is_one_visible_file_name_of_the_same_subject(name: str) -> None:
    stem = file_stem(name)
    assert not set(stem) & {"/", "\0"}
    assert not stem.startswith(".")
    assert subject_of(stem) == file_stem(subject_of(name))
