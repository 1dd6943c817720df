from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.audio import decode
from kmtalk_align.errors import AudioError, ConfigError, TextGridError
from kmtalk_align.localize import localize
from kmtalk_align.selectors import PhonemeSelector, uniform_frames
from kmtalk_align.shards import shard_name
from kmtalk_align.textgrid import write_textgrid
from kmtalk_model.encoders import encoder_config
from kmtalk_model.feature_cache import FeatureCache, Made, as_float16, write_features
from kmtalk_model.inference import Animator
from kmtalk_model.networks.speech import Speech
from kmtalk_model.run_folder import RunFolder
from kmtalk_model.stopwatch import Stopwatch
from tests.tiny_run import V, description, empty_stages, templates


class Listener:
    """A system that keeps what it hears, and moves every coordinate by the first feature."""

    def __init__(self) -> None:
        self.heard = list[Speech]()

    def predict(self, speech: Speech) -> Tensor:
        self.heard.append(speech)
        return speech.features[..., :1, None].expand(-1, -1, V, 3)


@pytest.fixture
def animator(tmp_path: Path) -> Callable[..., tuple[Animator, Listener]]:
    """Makes an animator of a run with such changes, and the system that it will ask."""

    def make(threads: int = 1, **changes: Any) -> tuple[Animator, Listener]:
        system = Listener()
        run = RunFolder.write(empty_stages(tmp_path) / "tiny", description(**changes), templates())
        return Animator(run, lambda: system, threads=threads), system

    return make


@pytest.fixture
def audio(demo_root: Path) -> Path:
    return demo_root / "wav" / "slt_sentence02.flac"


@pytest.fixture
def transcript(demo_root: Path) -> str:
    return (demo_root / "transcripts" / "slt_sentence02.txt").read_text()


def test_an_animation_has_the_key_frames_and_phones_of_localize(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, transcript: str
) -> None:
    animate, system = animator()
    watch = Stopwatch()
    found = animate(audio, transcript=transcript, watch=watch)
    expected = localize(
        audio,
        asr={"backend": "reference"},
        aligner={"backend": "pocketsphinx"},
        selector=PhonemeSelector(),
        transcript=transcript,
    )
    assert found.key_frames.tolist() == list(expected.key_frames.indices) == system.heard[0].key_frames[0].tolist()
    assert (found.phones, found.words) == (expected.alignment.phones, expected.alignment.words)
    assert (found.n_frames, found.fps, found.unit, found.key_source) == (
        expected.key_frames.n_frames,
        25,
        "m",
        "phoneme",
    )
    assert found.sound is not None
    assert found.sound.samples == len(decode(audio))
    assert set(watch.seconds) == {"start", "recognition", "alignment", "features", "networks"}


def test_the_networks_hear_what_the_feature_cache_would_give_them(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, transcript: str, tmp_path: Path
) -> None:
    block = {"backend": "join", "parts": {"z": {"backend": "logmel"}, "a": {"backend": "logmel", "n_mels": 128}}}
    animate, system = animator(encoder=block)
    found = animate(audio, transcript=transcript)
    encoder = encoder_config(block).load()
    [encoded] = encoder.encode([decode(audio)])
    tensors = {f"one/{name}": as_float16(values, name) for name, values in encoded.features.items()}
    write_features(tmp_path / "features", shard_name(0, 1), tensors, Made(encoder.streams, encoder.identity, "", 1))
    cached = FeatureCache(tmp_path / "features").at_frames("one", found.n_frames, 25.0, "average")
    assert cached.shape[1] == 208
    np.testing.assert_array_equal(system.heard[0].features[0], torch.from_numpy(cached))


def test_offsets_are_added_to_the_template(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, transcript: str
) -> None:
    animate, system = animator()
    found = animate(audio, transcript=transcript, subject="ben")
    np.testing.assert_array_equal(found.template, templates()["ben"])
    moved = system.heard[0].features[0, :, 0].numpy()
    np.testing.assert_allclose(found.vertices - found.template, np.tile(moved[:, None, None], (1, V, 3)), atol=1e-5)


def test_several_threads_and_another_call_make_the_same(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, transcript: str
) -> None:
    animate, _ = animator(threads=2)
    one, two = (animate(audio, transcript=transcript) for _ in range(2))
    animate._threads = 1
    np.testing.assert_array_equal(one.vertices, two.vertices)
    np.testing.assert_array_equal(one.vertices, animate(audio, transcript=transcript).vertices)


def test_the_frame_rate_can_be_another(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, transcript: str
) -> None:
    animate, system = animator()
    found = animate(audio, transcript=transcript, fps=60)
    assert found.n_frames == system.heard[0].features.shape[1] == round(len(decode(audio)) / 16_000 * 60)
    assert system.heard[0].fps == 60


def test_a_textgrid_is_taken_instead_of_alignment(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, tmp_path: Path
) -> None:
    animate, _ = animator()
    given = Alignment((Interval(0.2, 0.6, "hi"),), (Interval(0.2, 0.4, "HH"), Interval(0.4, 0.6, "AY")), 1.0)
    write_textgrid(tmp_path / "hi.TextGrid", given)
    found = animate(audio, textgrid=tmp_path / "hi.TextGrid")
    assert found.key_frames.tolist() == [0, 5, 10, 15, found.n_frames - 1]
    with pytest.raises(TextGridError, match="none"):
        animate(audio, textgrid=tmp_path / "none.TextGrid")


def test_words_that_do_not_fit_give_fallback_key_frames_and_a_warning(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, caplog: pytest.LogCaptureFixture
) -> None:
    animate, _ = animator(selector={"kind": "phoneme", "fallback_rate": 0.5, "anchor_ends": False})
    with caplog.at_level(logging.WARNING):
        found = animate(audio, transcript="...")
    assert found.key_source == "fallback"
    assert found.key_frames.tolist() == uniform_frames(found.n_frames, len(found.key_frames))
    assert (found.words, found.phones) == ((), ())
    assert "the key frames are evenly spaced, since" in caplog.text


def test_a_recording_in_which_nobody_speaks_is_animated_with_a_warning(
    animator: Callable[..., tuple[Animator, Listener]], write_wav: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    animate, _ = animator(threads=2)
    found = animate(write_wav("quiet.wav", np.zeros(16_000)))
    assert found.key_source == "fallback"
    assert "nobody speaks" in caplog.text


def test_what_can_not_be_animated_is_refused(
    animator: Callable[..., tuple[Animator, Listener]], audio: Path, write_wav: Callable[..., Path]
) -> None:
    animate, _ = animator(asr={"backend": "reference"})
    with pytest.raises(ConfigError, match="hears nothing; give the transcript"):
        animate(audio)
    with pytest.raises(AudioError, match="no such file"):
        animate("none.wav", transcript="a")
    with pytest.raises(ConfigError, match="shorter than one frame"):
        animate(write_wav("click.wav", np.ones(100)), transcript="a")
    with pytest.raises(ConfigError, match="exclude each other"):
        animate(audio, transcript="a", textgrid=Path("a.TextGrid"))
    with pytest.raises(ConfigError, match="frames a second"):
        animate(audio, transcript="a", fps=-1)
