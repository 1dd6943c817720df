from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.predict import captured_clips, predict_clips
from tests.made_capture import motion, template
from tests.test_evaluate_command import SELECTED, folder

__all__ = ["folder"]  # the fixture


def test_what_a_run_predicts_is_an_animation_with_phones_key_frames_and_sound(folder: Path) -> None:
    run, out = folder / "results" / "runs" / "tiny", folder / "out"
    [first, second] = predict_clips(run, folder / "root", ["d", "e"], out)
    assert [first, second] == [out / "d.npz", out / "e.npz"]
    found = Animation.load(first)
    offsets = motion(40, ord("d")) - template("ann")
    np.testing.assert_allclose(found.vertices - template("ann"), 0.9 * offsets, atol=0.1)
    np.testing.assert_array_equal(found.template, template("ann"))
    assert (found.name, found.fps, found.unit, found.key_source) == ("tiny", 25.0, "metre", "phoneme")
    assert found.key_frames.tolist() == [0, 20, 39]
    assert [one.label for one in found.phones] == ["B"]
    assert found.regions["lips"] == (1, 2, 3)
    assert found.sound is not None
    assert ((first.parent / found.sound.path).resolve(), found.sound.samples) == (
        (folder / "root" / "wav" / "d.wav").resolve(),
        25_600,
    )


def test_the_captured_motion_stands_beside_it_in_the_same_form(folder: Path) -> None:
    [path] = captured_clips(folder / "results", folder / "root", ["d"], folder / "out", run=SELECTED)
    found = Animation.load(path)
    np.testing.assert_array_equal(found.vertices, motion(40, ord("d")))
    assert (found.name, found.key_frames.tolist()) == ("captured", [0, 20, 39])


def test_motion_that_was_not_captured_is_called_what_it_is(folder: Path) -> None:
    corpus = folder / "results" / "corpus" / "corpus.json"
    corpus.write_text(json.dumps(json.loads(corpus.read_text()) | {"motion_name": "driven"}))
    [path] = captured_clips(folder / "results", folder / "root", ["d"], folder / "out", run=SELECTED)
    assert Animation.load(path).name == "driven"


def test_an_utterance_that_cannot_be_shown_is_refused_by_name(folder: Path) -> None:
    run = folder / "results" / "runs" / "tiny"
    with pytest.raises(ConfigError, match="f: can't be predicted: f: too loud"):
        predict_clips(run, folder / "root", ["d", "f"], folder / "out")
    with pytest.raises(ConfigError, match="nobody"):
        predict_clips(run, folder / "root", ["nobody"], folder / "out")
    assert not (folder / "out").exists()
    with pytest.raises(ConfigError, match=r"no run .a\.b\.c."):
        captured_clips(folder / "results", folder / "root", ["d"], folder / "out", run="a.b.c")
