"""The recogniser `auto_avsr`: a checkpoint of the published layout listens; anything else is refused by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from kmtalk_align import dag
from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.auto_avsr.checkpoint import load_checkpoint
from kmtalk_align.asr.auto_avsr.recogniser import AutoAvsr
from kmtalk_align.asr.base import Heard
from kmtalk_align.audio import Samples, decode
from kmtalk_align.blocks import resolved
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, KMTalkError, RecognitionError, WeightsError
from tests.tiny_auto_avsr import LAYERS, PIECES, save_checkpoint, save_units, tiny_network

ROOT = Path(__file__).parents[3]
UTTERANCE = Utterance("slt_sentence02", "slt", "train", "wav/slt_sentence02.flac")


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("auto_avsr")
    return {
        "backend": "auto_avsr",
        "checkpoint": str(save_checkpoint(folder / "asr_tiny_base.pth")),
        "units": str(save_units(folder / "units.txt")),
        "search": {"beam": 4},
    }


@pytest.fixture(scope="module")
def recogniser(block: dict[str, Any]) -> AutoAvsr:
    found: AutoAvsr = recogniser_config(block).load(1)
    return found


@pytest.fixture(scope="module")
def sentence(demo_root: Path) -> Samples:
    return decode(demo_root / UTTERANCE.audio_path)


def test_the_checkpoint_has_every_entry_of_the_published_one() -> None:
    state = tiny_network().state_dict()
    assert len(state) == 767
    assert (LAYERS.encoder_layers, LAYERS.decoder_layers) == (12, 6)


def test_a_checkpoint_is_loaded_number_by_number_and_ready_to_listen(block: dict[str, Any]) -> None:
    found = load_checkpoint(block["checkpoint"])
    assert found.size == LAYERS
    assert not found.network.training
    expected = tiny_network().state_dict()
    for name, value in found.network.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=0)


def test_speech_is_heard_the_same_each_time_in_the_pieces_of_the_list(
    recogniser: AutoAvsr, block: dict[str, Any], sentence: Samples
) -> None:
    first = recogniser.hear(sentence)
    other = recogniser.hear(sentence[:32_000])
    assert recogniser.hear(sentence) == first
    assert recogniser_config(block).load(1).hear(sentence) == first
    assert other != first
    assert first.language == "en"
    assert first.no_speech_probability == 0.0
    assert first.mean_log_probability < 0
    assert set(first.text) <= set("".join(PIECES).lower()) | {" "}


def test_the_mean_log_probability_counts_units_and_the_end(
    recogniser: AutoAvsr, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kmtalk_align.asr.auto_avsr import recogniser as module
    from kmtalk_align.asr.auto_avsr.search import Hypothesis

    monkeypatch.setattr(module, "best_hypothesis", lambda *_: Hypothesis((2, 3, 4), -2.0))
    heard = recogniser.hear(np.ones(6400, np.float32))
    assert (heard.text, heard.mean_log_probability) == ("the boat", -0.5)
    assert heard.compression_ratio < 1
    assert not heard.invented
    monkeypatch.setattr(module, "best_hypothesis", lambda *_: Hypothesis((2, 3, 4) * 30, -2.0))
    assert recogniser.hear(np.ones(6400, np.float32)).invented


@pytest.mark.parametrize("samples", [0, 1, 639])
def test_sound_shorter_than_a_token_has_no_text(recogniser: AutoAvsr, samples: int) -> None:
    assert recogniser.hear(np.zeros(samples, np.float32)).text == ""


def test_silence_is_an_error(recogniser: AutoAvsr) -> None:
    with pytest.raises(RecognitionError, match="nobody speaks"):
        recogniser.transcribe(UTTERANCE, lambda: np.zeros(16_000, np.float32))


def test_a_recording_is_heard_in_windows_of_at_most_16_s(
    recogniser: AutoAvsr, demo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = [decode(demo_root / "wav" / f"slt_sentence{number:02d}.flac") for number in range(1, 9)]
    long = np.concatenate(sounds)
    assert len(long) > 20 * 16_000
    lengths: list[int] = []

    def heard(window: Samples) -> Heard:
        lengths.append(len(window))
        return Heard("hello", "en", 0.0, -0.1, 1.0)

    monkeypatch.setattr(recogniser, "hear", heard)
    found = recogniser.transcribe(UTTERANCE, lambda: long)
    assert len(lengths) > 1
    assert max(lengths) <= 16 * 16_000
    assert found.text == " ".join(["hello"] * len(lengths))


def test_the_model_column_names_checkpoint_and_search(block: dict[str, Any], recogniser: AutoAvsr) -> None:
    assert recogniser.model.startswith("auto_avsr asr_tiny_base.pth sha256:")
    assert recogniser.model.endswith("; joint search beam 4, ctc_weight 0.1")


def test_the_search_of_the_authors_is_the_default_and_stands_in_the_stored_block() -> None:
    stored = resolved(recogniser_config({"backend": "auto_avsr", "checkpoint": "a.pth", "units": "u.txt"}))
    assert stored["search"] == {"beam": 40, "ctc_weight": 0.1}


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"beem": 4}, "search.beem"),
        ({"beam": 0}, "key beam: is 0"),
        ({"beam": "wide"}, "search.beam"),
        ({"ctc_weight": 0}, "key ctc_weight: is 0"),
        ({"ctc_weight": 1}, "key ctc_weight: is 1"),
    ],
)
def test_a_search_that_is_none_is_an_error(search: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        recogniser_config({"backend": "auto_avsr", "search": search})


@pytest.mark.parametrize("checkpoint", ["", "nowhere/asr_trlrs3vox2_base.pth"])
def test_a_missing_checkpoint_is_an_error_that_says_what_the_authors_publish(checkpoint: str) -> None:
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(checkpoint)
    for part in ("asr_trlrs3vox2_base.pth", "asr_trlrs3_base.pth", "mpc001/auto_avsr on GitHub", "licence"):
        assert part in str(caught.value)


class _Code:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.folder / 'was_run'}",)


@pytest.mark.parametrize("within", [False, True], ids=["alone", "among tensors"])
def test_code_in_a_checkpoint_is_refused_by_name_and_not_run(tmp_path: Path, within: bool) -> None:
    state = tiny_network().state_dict() | {"extra": _Code(tmp_path)} if within else _Code(tmp_path)
    path = save_checkpoint(tmp_path / "model.pth", state)
    with pytest.raises(WeightsError, match=r"model\.pth: holds (posix|nt)\.system, which is no tensor; it was not run"):
        load_checkpoint(str(path))
    assert not (tmp_path / "was_run").exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_an_error_that_names_it(tmp_path: Path, block: dict[str, Any], share: float) -> None:
    content = Path(block["checkpoint"]).read_bytes()
    path = tmp_path / "model.pth"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(WeightsError, match=r"model\.pth: cannot be read"):
        load_checkpoint(str(path))


def _without(state: dict[str, Any]) -> None:
    for name in [name for name in state if name.startswith("encoder.encoders.11.")]:
        del state[name]


def _with_others(state: dict[str, Any]) -> None:
    state |= {f"frontend.frontend3D.{number}": torch.zeros(1) for number in range(5)}


def _misshapen(state: dict[str, Any]) -> None:
    state["decoder.output_layer.bias"] = torch.zeros(3)


def _whole_numbers(state: dict[str, Any]) -> None:
    state["proj_encoder.weight"] = torch.zeros(8, 5, dtype=torch.int64)


def _not_finite(state: dict[str, Any]) -> None:
    state["proj_encoder.weight"][3, 2] = torch.nan


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            _without,
            "lacks: encoder.encoders.11.feed_forward_macaron.w_1.weight, "
            "encoder.encoders.11.feed_forward_macaron.w_1.bias, "
            "encoder.encoders.11.feed_forward_macaron.w_2.weight and 37 more",
        ),
        (
            _with_others,
            "has unknown entries: frontend.frontend3D.0, frontend.frontend3D.1, frontend.frontend3D.2 and 2 more",
        ),
        (_misshapen, "has shapes that don't fit: decoder.output_layer.bias (3,) instead of (9,)"),
        (_whole_numbers, "has entries that are no finite numbers: proj_encoder.weight"),
        (_not_finite, "has entries that are no finite numbers: proj_encoder.weight"),
    ],
)
def test_entries_that_do_not_fit_are_named(tmp_path: Path, damage: Callable[[dict[str, Any]], None], said: str) -> None:
    state = dict(tiny_network().state_dict())
    damage(state)
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(str(save_checkpoint(tmp_path / "model.pth", state)))
    assert caught.value.what == said
    assert "audio-only network of mpc001/auto_avsr" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"state_dict": {"a": torch.zeros(1)}, "epoch": 3}, "holds its network within 'state_dict'"),
        ([torch.zeros(1)], "is no dictionary of tensors"),
        ({"a": 1}, "is no dictionary of tensors"),
        ({}, "lacks: "),
    ],
)
def test_another_kind_of_file_is_an_error_that_says_what_it_holds(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        load_checkpoint(str(save_checkpoint(tmp_path / "model.pth", content)))


def test_old_names_and_half_precision_are_the_same_network(tmp_path: Path) -> None:
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in tiny_network().state_dict().items()
    }
    old = {
        name.replace("encoder.after_norm.", "encoder.norm.")
        .replace("decoder.after_norm.", "decoder.output_norm.")
        .replace("decoder.embed.", "decoder.input_layer."): value
        for name, value in state.items()
    }
    assert "encoder.norm.weight" in old
    found = load_checkpoint(str(save_checkpoint(tmp_path / "old.pth", old))).network.state_dict()
    for name, value in found.items():
        torch.testing.assert_close(value, state[name].float() if value.is_floating_point() else state[name])


def test_a_unit_list_of_another_size_is_an_error_that_says_both(tmp_path: Path, block: dict[str, Any]) -> None:
    units = tmp_path / "units.txt"
    units.write_text("<unk> 1\nA 2\n")
    with pytest.raises(WeightsError, match="has 9 outputs, and the 2 units, blank and end would be 4"):
        recogniser_config(block | {"units": str(units)}).load()


def test_a_device_that_does_not_exist_is_an_error_that_names_it(block: dict[str, Any]) -> None:
    with pytest.raises(KMTalkError, match="device quantum"):
        recogniser_config(block | {"device": "quantum"}).load()


@pytest.fixture
def config() -> dict[str, Any]:
    """The config of grid468 with the block of docs/recognisers.md."""
    text = (ROOT / "docs" / "recognisers.md").read_text(encoding="utf-8")
    section = text.split("\n## auto_avsr\n")[1].split("\n## ")[0]
    found: dict[str, Any] = yaml.safe_load(section.split("```yaml\n")[1].split("```")[0])
    base = yaml.safe_load((ROOT / "workflow" / "config" / "grid468.yaml").read_text(encoding="utf-8"))
    return base | {"asr": base["asr"] | found["asr"]}


def test_the_block_of_the_docs_is_valid(config: dict[str, Any]) -> None:
    dag.check_schema(config, ROOT / "workflow" / "schemas" / "config.schema.yaml")
    assert "auto_avsr" in config["asr"]


@pytest.mark.parametrize(
    "change", [{"checkpoint": None}, {"units": ""}, {"search": {"beam": 0}}, {"search": {"ctc_weight": 1}}, {"beam": 4}]
)
def test_a_wrong_block_is_refused_by_the_schema(config: dict[str, Any], change: dict[str, Any]) -> None:
    block = config["asr"]["auto_avsr"] | change
    config["asr"]["auto_avsr"] = {key: value for key, value in block.items() if value is not None}
    with pytest.raises(ConfigError, match="auto_avsr"):
        dag.check_schema(config, ROOT / "workflow" / "schemas" / "config.schema.yaml")
