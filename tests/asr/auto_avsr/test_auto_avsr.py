"""The recogniser `auto_avsr`: a checkpoint of the published layout listens; anything else is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from kmtalk_align import dag
from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.auto_avsr.recogniser import AutoAvsr
from kmtalk_align.asr.base import Heard
from kmtalk_align.audio import Samples, decode
from kmtalk_align.blocks import resolved
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, KMTalkError, RecognitionError, WeightsError
from tests.tiny_auto_avsr import PIECES, save_checkpoint, save_units

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
