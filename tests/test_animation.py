from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_model.animation import Animation, Sound

T, V = 6, 4


def animation(**changes: Any) -> Animation:
    values: dict[str, Any] = {
        "vertices": np.random.default_rng(0).standard_normal((T, V, 3)).astype(np.float32),
        "fps": 25.0,
        "template": np.zeros((V, 3), np.float32),
        "faces": np.array([[0, 1, 2], [1, 2, 3]], np.int32),
        "unit": "m",
        "key_frames": np.array([0, 3, 5], np.int32),
        "key_source": "phoneme",
        "words": (Interval(0.0, 0.2, "ça"),),
        "phones": (Interval(0.0, 0.1, "S", -3.5), Interval(0.1, 0.2, "AA")),
        "regions": {"lips": (1, 2)},
        "sound": Sound("speech/a b.wav", 3840),
    }
    return Animation(**(values | changes))


def test_an_npz_gives_everything_back(tmp_path: Path) -> None:
    made = animation()
    made.save(tmp_path / "out.npz")
    found = Animation.load(tmp_path / "out.npz")
    for field in dataclasses.fields(Animation):
        before, after = getattr(made, field.name), getattr(found, field.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype
        else:
            assert after == before
    assert found.duration_s == T / 25


def test_nothing_but_vertices_has_to_be_known(tmp_path: Path) -> None:
    bare = animation(words=(), phones=(), regions={}, sound=None, faces=np.zeros((0, 3), np.int32))
    bare.save(tmp_path / "out.npz")
    found = Animation.load(tmp_path / "out.npz")
    assert (found.words, found.sound, found.faces.shape) == ((), None, (0, 3))


def test_an_npy_is_what_faceformers_tools_read(tmp_path: Path) -> None:
    made = animation()
    made.save(tmp_path / "out.npy")
    plain = np.load(tmp_path / "out.npy", allow_pickle=False)
    assert (plain.shape, plain.dtype) == ((T, V * 3), np.float32)
    np.testing.assert_array_equal(plain.reshape(T, V, 3), made.vertices)


def test_the_same_animation_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        animation().save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("name", ["out.mp4", "out"])
def test_a_suffix_that_names_no_format_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"out\.npz \(everything\)"):
        animation().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vertices": np.zeros((T, V * 3), np.float32)}, r"not float32 \(T, V, 3\)"),
        ({"vertices": np.zeros((T, V, 3))}, "float64"),
        ({"vertices": np.zeros((0, V, 3), np.float32)}, "shape"),
        ({"vertices": np.full((T, V, 3), np.nan, np.float32)}, "NaN"),
        ({"template": np.zeros((V + 1, 3), np.float32)}, "template has shape"),
        ({"faces": np.array([[0, 1, V]], np.int32)}, f"faces are not indices below {V}"),
        ({"faces": np.zeros((2, 4), np.int32)}, r"not \(F, 3\)"),
        ({"key_frames": np.array([T], np.int32)}, f"key frames are not indices below {T}"),
        ({"regions": {"lips": (-1,)}}, "vertices of lips"),
        ({"fps": 0.0}, "frames a second"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AnimationError, match=message):
        animation(**changes)


def test_a_file_that_is_no_animation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("text")
    np.savez(tmp_path / "other.npz", vertices=np.zeros((1, 1, 3), np.float32))
    animation().save(tmp_path / "plain.npy")
    for name in ("text.npz", "other.npz", "plain.npy", "none.npz"):
        with pytest.raises(AnimationError, match=name):
            Animation.load(tmp_path / name)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"template": np.full((V, 3), np.nan, np.float32)}, "template hold NaN"),
        ({"template": np.zeros((V, 3))}, "template is float64"),
        ({"vertices": np.full((T, V, 3), -1e20, np.float32)}, "further out"),
        ({"key_frames": np.zeros((2, 2), np.int32)}, "shape"),
        ({"fps": 1e-6}, "frames a second"),
        ({"fps": 1e9}, "frames a second"),
        ({"name": 5}, "name is no text"),
        ({"name": "\ud800"}, "name is no text"),
        ({"unit": None}, "unit is no text"),
        ({"sound": Sound("a\ud800.wav", 10)}, "sound's path is no text"),
        ({"sound": Sound("a.wav", -1)}, "-1 samples"),
        ({"words": (Interval(0.0, 0.1, "\udcff"),)}, "label among words is no text"),
        ({"phones": (Interval(float("nan"), 0.1, "AA"),)}, "from nan"),
        ({"phones": (Interval(0.0, float("inf"), "AA"),)}, "to inf"),
        ({"phones": (Interval(0.2, 0.1, "AA"),)}, "from 0.2 to 0.1"),
        ({"phones": (Interval(-5.0, 0.1, "AA"),)}, "from -5.0"),
    ],
)
def test_what_no_animation_can_hold_is_refused_before_anything_is_drawn_of_it(changes: Any, why: str) -> None:
    with pytest.raises(AnimationError, match=why):
        animation(**changes)


def test_a_recording_whose_name_is_no_utf_8_is_no_mistake() -> None:
    assert animation(sound=Sound("a\udcff.wav", 10)).sound == Sound("a\udcff.wav", 10)
