"""wav2vec 2.0 by a tiny random network, against transformers' own forward pass."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.audio import Samples
from kmtalk_align.errors import AudioError, ConfigError, WeightsError
from kmtalk_model.encoders import encoder_config
from tests.tiny_wav2vec2 import LABELS, save_wav2vec2

OUTPUTS = ["conv", "layer_0", "layer_2", "layer_3", "ctc"]
KINDS = [{"norm": "group", "stable": False}, {"norm": "layer", "stable": True}]


def noise(samples: int, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def load(folder: Path, outputs: list[str]) -> Any:
    return encoder_config({"backend": "wav2vec2", "model": str(folder), "outputs": outputs}).load()


def by_transformers(folder: Path, samples: Samples) -> dict[str, Any]:
    import torch
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

    network = Wav2Vec2ForCTC.from_pretrained(folder).eval()
    heard = Wav2Vec2FeatureExtractor.from_pretrained(folder)(samples, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        output = network.wav2vec2(heard.input_values, output_hidden_states=True)
        conv = network.wav2vec2.feature_extractor(heard.input_values).transpose(1, 2)
        logits = network(heard.input_values).logits[0]
    hidden = {f"layer_{number}": one[0].numpy() for number, one in enumerate(output.hidden_states)}
    return {"conv": conv[0].numpy(), "ctc": output.last_hidden_state[0].numpy(), "logits": logits.numpy()} | hidden


@pytest.mark.parametrize("kind", KINDS)
def test_eleven_seconds_are_549_frames_and_equal_to_transformers_own(tmp_path: Path, kind: dict[str, Any]) -> None:
    folder, samples = save_wav2vec2(tmp_path, **kind), noise(11 * 16_000)
    [found] = load(folder, OUTPUTS).encode([samples])
    expected = by_transformers(folder, samples)
    for output in OUTPUTS:
        assert found.features[output].shape == (549, 16 if output == "conv" else 32)
        assert np.abs(found.features[output].astype(np.float16) - expected[output]).max() < 1e-3 * max(
            1, np.abs(expected[output]).max()
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("samples", [400, 719, 720, 16_001, 40_000])
def test_any_length_is_equal_to_transformers_own(tmp_path: Path, kind: dict[str, Any], samples: int) -> None:
    folder = save_wav2vec2(tmp_path, **kind)
    [found] = load(folder, OUTPUTS).encode([noise(samples)])
    expected = by_transformers(folder, noise(samples))
    assert len(found.features["conv"]) == (samples - 400) // 320 + 1
    for output in OUTPUTS:
        assert np.allclose(found.features[output], expected[output], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_batches_are_equal_to_singles(tmp_path: Path, kind: dict[str, Any]) -> None:
    encoder = load(save_wav2vec2(tmp_path, **kind), OUTPUTS)
    batch = [noise(length, seed) for seed, length in enumerate((30_000, 400, 30_000, 51_234))]
    for together, samples in zip(encoder.encode(batch), batch, strict=True):
        [alone] = encoder.encode([samples])
        assert together.spoken == alone.spoken
        for output in OUTPUTS:
            assert np.allclose(together.features[output], alone.features[output], atol=1e-5)


def test_threads_do_not_mix_what_they_keep(tmp_path: Path) -> None:
    encoder = load(save_wav2vec2(tmp_path), ["layer_1"])
    batch = [noise(20_000 + 320 * seed, seed) for seed in range(8)]
    alone = [encoder.encode([samples])[0].features["layer_1"] for samples in batch]
    found: dict[int, Any] = {}

    def work(place: int) -> None:
        found[place] = encoder.encode([batch[place]])[0].features["layer_1"]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(batch))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[place], alone[place]) for place in range(len(batch)))


def test_labels_are_the_greedy_path_without_blanks_and_repeats(tmp_path: Path) -> None:
    folder, samples = save_wav2vec2(tmp_path), noise(24_000)
    [found] = load(folder, ["ctc"]).encode([samples])
    path = by_transformers(folder, samples)["logits"].argmax(axis=-1).tolist()
    expected = [label for place, label in enumerate(path) if label != 0 and (place == 0 or path[place - 1] != label)]
    assert found.spoken is not None
    assert list(found.spoken.ids) == expected
    letters = "".join(LABELS[label] for label in expected)
    assert found.spoken.text == letters.replace("|", " ").strip()


def test_a_long_recording_has_the_frames_of_a_whole_one_and_no_seam(tmp_path: Path) -> None:
    folder, samples = save_wav2vec2(tmp_path, norm="layer", stable=True), noise(70 * 16_000)
    [found] = load(folder, ["conv", "layer_1"]).encode([samples])
    expected = by_transformers(folder, samples)
    # The convolutions are local and normalised by frame, so that windows change nothing.
    assert np.allclose(found.features["conv"], expected["conv"], atol=1e-5)
    assert found.features["layer_1"].shape == expected["layer_1"].shape


def test_what_is_not_asked_for_is_not_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load(save_wav2vec2(tmp_path), ["conv"])
    monkeypatch.setattr(type(encoder._network.encoder), "forward", lambda *_, **__: pytest.fail("it ran"))
    assert encoder.encode([noise(4000)])[0].spoken is None


@pytest.mark.parametrize(
    ("leave_out", "message"),
    [("preprocessor_config.json", r"has no preprocessor_config\.json"), ("vocab.json", r"has no readable vocab\.json")],
)
def test_a_checkpoint_that_is_not_whole_is_refused(tmp_path: Path, leave_out: str, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        load(save_wav2vec2(tmp_path, leave_out=leave_out), ["ctc"])


def test_a_checkpoint_without_a_ctc_head_is_no_teacher(tmp_path: Path) -> None:
    folder = save_wav2vec2(tmp_path, ctc=False)
    load(folder, ["conv"])
    with pytest.raises(WeightsError, match=r"lacks weights: lm_head\.bias, lm_head\.weight.*fine-tuned with CTC"):
        load(folder, ["ctc"])


def test_a_checkpoint_that_can_not_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"no folder here, not in the machine's cache.*give the path"):
        load(Path("nobody/has-such-a-model"), ["conv"])


def test_an_unknown_output_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no output 'layer_4'.*conv, ctc, layer_0 to layer_3"):
        load(save_wav2vec2(tmp_path), ["layer_4"])


def test_a_recording_shorter_than_a_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="399 samples long, shorter than the 400"):
        load(save_wav2vec2(tmp_path), ["conv"]).encode([noise(399)])
