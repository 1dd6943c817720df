"""The recogniser `wav2vec2`: a network that hears tones, whose text is known, and random ones of each architecture."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.wav2vec2 import Wav2Vec2, without_repeats_and_blanks
from kmtalk_align.audio import Samples, decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, RecognitionError, WeightsError
from tests.tiny_wav2vec2 import LABELS, save_wav2vec2
from tests.tone_ctc import save_tone_ctc, sound_of

UTTERANCE = Utterance("ann_01", "ann", "train", "wav/ann_01.wav")
SPECIAL = ("<s>", "</s>", "<unk>")
PATHS = st.lists(st.integers(0, len(LABELS) - 1), min_size=5, max_size=40)


def load(folder: Path, **keys: Any) -> Wav2Vec2:
    loaded: Wav2Vec2 = recogniser_config({"backend": "wav2vec2", "model": str(folder)} | keys).load(1)
    return loaded


def noise(samples: int = 24_000, seed: int = 0) -> Samples:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def said_by(path: list[int], labels: list[str] = LABELS) -> str:
    """What a path stands for, letter by letter, after Graves et al. 2006; `|` parts words, special labels are none."""
    text, before = "", "<pad>"
    for label in (labels[one] for one in path):
        if label not in (before, "<pad>", *SPECIAL):
            text += " " if label == "|" else label
        before = label
    return " ".join(text.split())


@pytest.fixture(scope="module")
def hears_tones(tmp_path_factory: pytest.TempPathFactory) -> Wav2Vec2:
    return load(save_tone_ctc(tmp_path_factory.mktemp("tones")))


# what is heard


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("A A - A - B", "AAB"),
        ("A A A B B C", "ABC"),
        ("A - - - - A", "AA"),
        ("| A | | B |", "A B"),
        ("A | - | B C", "A BC"),
        ("A <unk> A <s> B </s>", "AAB"),
        ("- - - - -", ""),
        ("| | - | |", ""),
    ],
)
def test_a_path_becomes_its_text(hears_tones: Wav2Vec2, path: str, text: str) -> None:
    labels = [LABELS.index("<pad>" if one == "-" else one) for one in path.split()]
    assert said_by(labels) == text
    assert hears_tones.hear(sound_of(labels)).text == text


@settings(max_examples=50)
@given(path=PATHS)
def test_any_path_becomes_the_text_that_it_stands_for(hears_tones: Wav2Vec2, path: list[int]) -> None:
    assert hears_tones.hear(sound_of(path)).text == said_by(path)


@given(path=st.lists(st.integers(0, 3), max_size=12), blank=st.integers(0, 3))
def test_repeats_and_blanks_leave_a_path_as_they_do_one_by_one(path: list[int], blank: int) -> None:
    kept = [one for place, one in enumerate(path) if one != blank and (place == 0 or path[place - 1] != one)]
    assert without_repeats_and_blanks(path, blank) == kept


def test_the_mean_log_probability_is_that_of_the_path_over_its_frames(hears_tones: Wav2Vec2) -> None:
    import torch

    path = [5, 6, 0, 7, 4, 5]
    samples = sound_of(path) + np.float32(0.9) * sound_of([6, 7, 5, 0, 5, 4])
    heard = hears_tones.hear(samples)
    scaled = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    with torch.inference_mode():
        logits = hears_tones._network(torch.from_numpy(scaled)[None]).logits[0].double().numpy()
    by_frame = [max(frame) - math.log(sum(math.exp(one) for one in frame)) for frame in logits.tolist()]
    assert heard.mean_log_probability == pytest.approx(sum(by_frame) / len(path), abs=1e-4)
    assert heard.text == said_by(path)
    assert heard.mean_log_probability < -0.1 < hears_tones.hear(sound_of(path)).mean_log_probability < 0


def test_the_language_is_the_configs_and_nothing_is_taken_for_invented(tmp_path: Path) -> None:
    heard = load(save_tone_ctc(tmp_path), language="fr").hear(sound_of([5] * 10))
    assert (heard.language, heard.invented) == ("fr", False)


@pytest.mark.parametrize("samples", [0, 1, 399, 1599])
def test_what_is_too_short_for_a_word_holds_none(tmp_path: Path, samples: int) -> None:
    assert load(save_wav2vec2(tmp_path)).hear(noise(samples)).text == ""


def test_loudness_does_not_matter_to_a_network_that_normalises(hears_tones: Wav2Vec2) -> None:
    path = [5, 5, 0, 5, 4, 6]
    assert hears_tones.hear(sound_of(path) * 0.01).text == hears_tones.hear(sound_of(path)).text == "AA B"


# architectures


def save(folder: Path, config: Any, extractor: Any) -> Path:
    import torch
    from transformers import AutoModelForCTC, Wav2Vec2CTCTokenizer

    torch.manual_seed(0)
    network = AutoModelForCTC.from_config(config)
    network.lm_head.weight.data *= 100  # so that a random network does not say one thing all the time
    network.save_pretrained(folder)
    extractor.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({label: place for place, label in enumerate(LABELS)}))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    return folder


SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "vocab_size": len(LABELS),
    "pad_token_id": 0,
}
CONVOLVED = SMALL | {"conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}


@pytest.mark.parametrize(
    ("config", "keys", "extractor"),
    [
        ("HubertConfig", CONVOLVED, "Wav2Vec2FeatureExtractor"),
        ("WavLMConfig", CONVOLVED, "Wav2Vec2FeatureExtractor"),
        ("Wav2Vec2ConformerConfig", CONVOLVED, "Wav2Vec2FeatureExtractor"),
        ("Data2VecAudioConfig", CONVOLVED, "Wav2Vec2FeatureExtractor"),
        ("UniSpeechSatConfig", CONVOLVED, "Wav2Vec2FeatureExtractor"),
        ("Wav2Vec2BertConfig", SMALL, "SeamlessM4TFeatureExtractor"),
    ],
)
def test_each_architecture_speaks_its_own_greedy_path(
    tmp_path: Path, config: str, keys: dict[str, Any], extractor: str
) -> None:
    import torch
    import transformers

    folder = save(tmp_path, getattr(transformers, config)(**keys), getattr(transformers, extractor)())
    given_to_it = transformers.AutoFeatureExtractor.from_pretrained(folder)(
        noise(), sampling_rate=16_000, return_tensors="pt"
    )
    with torch.inference_mode():
        network = transformers.AutoModelForCTC.from_pretrained(folder).eval()
        path = network(**given_to_it).logits[0].argmax(dim=-1).tolist()
    assert len(set(path)) > 2
    assert load(folder).hear(noise()).text == said_by(path)


def test_half_precision_weights_are_computed_in_float32_and_nothing_is_dropped(tmp_path: Path) -> None:
    import torch
    from transformers import Wav2Vec2ForCTC

    network = Wav2Vec2ForCTC.from_pretrained(save_wav2vec2(tmp_path))
    network.half().save_pretrained(tmp_path)
    recogniser = load(tmp_path)
    assert {one.dtype for one in recogniser._network.parameters()} == {torch.float32}
    assert recogniser.hear(noise()) == recogniser.hear(noise())


# as a recogniser


def test_a_recording_is_heard_in_windows_and_told_in_one_text(hears_tones: Wav2Vec2, demo_root: Path) -> None:
    sentence = decode(demo_root / "wav" / "slt_sentence02.flac")
    whole = hears_tones.hear(sentence).text
    assert whole
    found = hears_tones.transcribe(UTTERANCE, lambda: sentence)
    assert (found.text, found.language) == (whole, "en")
    assert hears_tones.transcribe(UTTERANCE, lambda: sentence) == found


def test_silence_is_an_error(hears_tones: Wav2Vec2) -> None:
    with pytest.raises(RecognitionError, match="ann_01: nobody speaks"):
        hears_tones.transcribe(UTTERANCE, lambda: np.zeros(16_000, np.float32))


def test_the_model_column_names_library_version_and_weights(tmp_path: Path) -> None:
    one, other = load(save_tone_ctc(tmp_path / "one")).model, load(save_wav2vec2(tmp_path / "two")).model
    assert one.startswith(f"transformers {version('transformers')} {tmp_path / 'one'} (sha256:")
    assert one.rpartition(" ")[2] != other.rpartition(" ")[2]


@pytest.mark.parametrize("language", ["detect", "English", "", "e"])
def test_a_language_must_be_given(tmp_path: Path, language: str) -> None:
    with pytest.raises(ConfigError, match=r"asr block, key language: .*does not detect one"):
        load(tmp_path, language=language)


def test_a_device_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="device quantum"):
        load(save_wav2vec2(tmp_path), device="quantum")


# what is no whole CTC checkpoint


def test_a_network_without_its_ctc_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"lacks weights: lm_head\.bias, lm_head\.weight; .*fine-tuned with CTC"):
        load(save_wav2vec2(tmp_path, ctc=False))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", r"holds no config\.json"),
        ("model.safetensors", r"holds no model\.safetensors and no pytorch_model\.bin"),
        ("preprocessor_config.json", r"has no readable preprocessor_config\.json, .*copy that file"),
        ("vocab.json", r"has no readable tokenizer, .*copy vocab\.json"),
    ],
)
def test_a_checkpoint_that_lacks_a_file_names_it(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(WeightsError, match=f"{tmp_path}: {message}"):
        load(save_wav2vec2(tmp_path, leave_out=name))


CONFIGS = ["config.json", "preprocessor_config.json", "tokenizer_config.json"]


@pytest.mark.parametrize("name", [*CONFIGS, "vocab.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe\x00"], ids=["empty", "list", "bytes"])
def test_a_damaged_file_is_an_error_that_names_the_checkpoint(tmp_path: Path, name: str, content: bytes) -> None:
    save_wav2vec2(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=str(tmp_path)):
        load(tmp_path)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_checkpoint_with_code_of_its_own_is_refused_and_the_code_not_run(tmp_path: Path, name: str) -> None:
    save_wav2vec2(tmp_path)
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    content = json.loads((tmp_path / name).read_text())
    kinds = ("AutoConfig", "AutoModelForCTC", "AutoTokenizer", "AutoFeatureExtractor")
    content["auto_map"] = dict.fromkeys(kinds, "own.Own")
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(WeightsError, match=rf"{name}: names code of its own .*never run"):
        load(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_package_that_a_checkpoint_needs_and_that_is_not_here_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoFeatureExtractor

    def needs_more(*_: object, **__: object) -> None:
        raise ImportError("\nParakeetFeatureExtractor requires the librosa library\nbut it was not found")

    monkeypatch.setattr(AutoFeatureExtractor, "from_pretrained", needs_more)
    with pytest.raises(WeightsError, match=r"not installed \(ParakeetFeatureExtractor requires the librosa library\)"):
        load(save_wav2vec2(tmp_path))


def test_another_sampling_rate_is_refused(tmp_path: Path) -> None:
    save_wav2vec2(tmp_path)
    _change(tmp_path / "preprocessor_config.json", sampling_rate=8000)
    with pytest.raises(WeightsError, match="hears 8000 Hz; only 16 kHz is supported"):
        load(tmp_path)


def test_labels_that_are_phones_are_refused(tmp_path: Path) -> None:
    save_wav2vec2(tmp_path)
    _change(tmp_path / "tokenizer_config.json", tokenizer_class="Wav2Vec2PhonemeCTCTokenizer")
    with pytest.raises(WeightsError, match=r"tokenizer_config\.json: writes phones, not words"):
        load(tmp_path)


def test_a_tokenizer_of_another_checkpoint_is_refused(tmp_path: Path) -> None:
    save_wav2vec2(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({label: place for place, label in enumerate(LABELS[:-2])}))
    with pytest.raises(WeightsError, match=r"vocab\.json: knows 6 labels, the network has 8"):
        load(tmp_path)


def test_a_blank_that_is_not_the_networks_is_refused(tmp_path: Path) -> None:
    save_wav2vec2(tmp_path)
    _change(tmp_path / "config.json", pad_token_id=3)
    with pytest.raises(WeightsError, match=r"its blank is label 0, that of config\.json \(pad_token_id\) 3"):
        load(tmp_path)


def test_another_kind_of_network_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    save_wav2vec2(tmp_path)
    small = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=8)
    BertModel(small).save_pretrained(tmp_path)
    with pytest.raises(WeightsError, match=r"cannot be loaded .*fine-tuned with CTC"):
        load(tmp_path)


def _change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
