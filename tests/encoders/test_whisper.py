"""Whisper's encoder: a tiny random one against openai-whisper's own forward pass, and tiny.en on speech."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.audio import Samples, decode
from kmtalk_align.errors import AudioError, ConfigError
from kmtalk_model.encoders import encoder_config

OUTPUTS = ["layer_0", "layer_1", "layer_2", "final"]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A Whisper with two blocks of width 16 and random weights, whose positions reach over 30 s."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    dims = ModelDimensions(80, 1500, 16, 2, 2, 51864, 8, 16, 2, 1)
    path = tmp_path / "tiny.pt"
    torch.save({"dims": dims.__dict__, "model_state_dict": Whisper(dims).state_dict()}, path)
    return path


def load(model: Path | str, outputs: list[str] = OUTPUTS) -> Any:
    return encoder_config({"backend": "whisper", "model": str(model), "outputs": outputs}).load()


def noise(seconds: float, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * 16_000))).astype(np.float32)


def test_thirty_seconds_are_equal_to_whispers_own(checkpoint: Path) -> None:
    import torch
    import whisper

    samples = noise(30)
    [found] = load(checkpoint).encode([samples])
    encoder = whisper.load_model(str(checkpoint), device="cpu").encoder
    with torch.inference_mode():
        expected = encoder(whisper.log_mel_spectrogram(samples)[None])[0].numpy()
    assert found.features["final"].shape == (1500, 16)
    assert np.allclose(found.features["final"], expected, atol=1e-5)


@pytest.mark.parametrize(("seconds", "tokens"), [(0.03, 2), (1.0, 50), (1.01, 51), (2.975, 149), (11.0, 550)])
def test_the_window_is_the_utterance(checkpoint: Path, seconds: float, tokens: int) -> None:
    [found] = load(checkpoint).encode([noise(seconds)])
    assert {values.shape for values in found.features.values()} == {(tokens, 16)}


@pytest.mark.parametrize("seconds", [30.01, 55.0, 84.3])
def test_longer_recordings_are_encoded_in_windows(checkpoint: Path, seconds: float) -> None:
    encoder, samples = load(checkpoint), noise(seconds)
    [found] = encoder.encode([samples])
    assert len(found.features["final"]) == -(-(len(samples) // 160) // 2)
    assert np.isfinite(found.features["final"]).all()


def test_windows_leave_no_seam_in_what_is_local(checkpoint: Path) -> None:
    """The convolutions reach three tokens: without their positions, windows give what one pass over all gives."""
    import torch
    from torch.nn.functional import gelu

    from kmtalk_model.encoders.logmel import log_mel

    encoder, samples = load(checkpoint, ["layer_0"]), noise(50)
    encoder._encoder.positional_embedding.zero_()
    [found] = encoder.encode([samples])
    with torch.inference_mode():
        mel = log_mel(samples, 80)[None]
        network = encoder._encoder
        expected = gelu(network.conv2(gelu(network.conv1(mel))))[0].T.numpy()
    assert np.allclose(found.features["layer_0"], expected, atol=1e-5)


def test_batches_are_equal_to_singles(checkpoint: Path) -> None:
    encoder = load(checkpoint)
    batch = [noise(2, 0), noise(1, 1), noise(2, 2), noise(31, 3)]
    for together, samples in zip(encoder.encode(batch), batch, strict=True):
        [alone] = encoder.encode([samples])
        for output in OUTPUTS:
            assert np.allclose(together.features[output], alone.features[output], atol=1e-5)


def test_an_unknown_output_names_those_there_are(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no output 'layer_3'.*final, layer_0 to layer_2"):
        load(checkpoint, ["layer_3"])


def test_a_recording_shorter_than_a_window_is_refused(checkpoint: Path) -> None:
    with pytest.raises(AudioError, match="is 12 ms long"):
        load(checkpoint).encode([noise(0.0125)])


def test_the_real_tiny_en_hears_what_it_hears_in_thirty_seconds(demo_root: Path) -> None:
    """Padding with silence changes little of what is spoken: the window of the utterance is no other network."""
    import torch
    import whisper

    samples = decode(demo_root / "wav" / "slt_sentence01.flac")
    encoder = load("tiny.en", ["final"])
    [found] = encoder.encode([samples])
    with torch.inference_mode():
        padded = encoder._encoder(whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))[None])[0].numpy()
    alone = found.features["final"]
    assert alone.shape[1] == 384
    near = [np.corrcoef(one, other)[0, 1] for one, other in zip(alone, padded, strict=False)]
    far = [np.corrcoef(one, other)[0, 1] for one, other in zip(alone[25:], padded, strict=False)]
    assert np.median(near) > 0.8 > np.median(far) + 0.1
