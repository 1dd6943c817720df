"""The config block of viter: what goes together, and what a model must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.aligners import aligner_config, trained
from kmtalk_align.aligners.viter import model as models
from kmtalk_align.aligners.viter import program
from kmtalk_align.aligners.viter.config import Training, ViterConfig
from kmtalk_align.errors import ConfigError, WeightsError

TRAINED = {"backend": "viter", "train": {"transcripts": "reference"}}


def test_a_block_becomes_a_config() -> None:
    assert aligner_config(TRAINED) == ViterConfig(train=Training("reference", ("train",)))
    assert aligner_config(TRAINED).speaks == "en"
    assert aligner_config(TRAINED | {"dictionary": "own.dict"}).speaks is None
    assert aligner_config(TRAINED | {"dictionary": "own.dict", "language": "fr"}).speaks == "fr"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({}, "one of acoustic_model, model, train is needed"),
        ({"model": "a.viter", "acoustic_model": "a.zip"}, "not acoustic_model and model"),
        ({"acoustic_model": "a.zip"}, "needs the dictionary that belongs to it"),
        ({"train": {"transcripts": "reference", "split": ["train"]}}, "split"),
        ({"train": {}}, "transcripts"),
        ({"train": {"transcripts": "reference", "splits": []}}, "names no split"),
        ({"model": "a.viter", "beam": 50}, "less than retry_beam"),
        ({"model": "a.viter", "timeout_s": 0}, "timeout_s"),
    ],
)
def test_what_does_not_go_together_is_refused(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        aligner_config({"backend": "viter"} | block)
    assert said in str(caught.value)


def test_only_what_is_trained_takes_the_model_of_a_training() -> None:
    ready = trained(aligner_config(TRAINED), Path("m.viter"))
    assert (ready.train, ready.model) == (None, "m.viter")
    for other in ({"backend": "viter", "model": "a.viter"}, {"backend": "pocketsphinx"}):
        with pytest.raises(ConfigError, match="takes no model"):
            trained(aligner_config(other), Path("m.viter"))


def test_without_its_model_what_is_trained_does_not_load() -> None:
    with pytest.raises(ConfigError, match="what kmtalk train-aligner wrote"):
        aligner_config(TRAINED).load()


def test_a_missing_or_broken_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.viter: there is no such model"):
        ViterConfig(model=str(tmp_path / "none.viter")).load()
    (tmp_path / "broken.viter").write_bytes(b"VITR" + bytes(100))
    with pytest.raises(ConfigError, match=r"broken\.viter: viter says: failed to load model"):
        ViterConfig(model=str(tmp_path / "broken.viter")).load()


def test_a_missing_or_broken_mfa_model_is_named_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "own.dict").write_text("cat K AE T\n")

    def load(name: str) -> None:
        ViterConfig(acoustic_model=str(tmp_path / name), dictionary=str(tmp_path / "own.dict")).load()

    with pytest.raises(WeightsError, match=r"none\.zip: cannot be read"):
        load("none.zip")
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    with pytest.raises(WeightsError, match=r"broken\.zip: viter says: .*not a readable zip"):
        load("broken.zip")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_dictionary_of_other_phones_is_refused(tmp_path: Path, model: Path) -> None:
    (tmp_path / "ipa.dict").write_text("cat kʰ æ t\ndog d ɒ ɡ\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"ipa\.dict: its phones are not the model's, which lacks"):
        ViterConfig(model=str(model), dictionary=str(tmp_path / "ipa.dict")).load()


def test_where_viter_is_not_installed_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"the package viter is not installed; pip install .*\[viter\]"):
        ViterConfig(model="a.viter").load()


def test_another_version_of_viter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "version", lambda name: "0.6.0")
    with pytest.raises(ConfigError, match=r"viter is 0\.6\.0, and 0\.5\.1 is needed"):
        ViterConfig(model="a.viter").load()


def test_an_mfa_model_is_converted_once(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path))
    path = shared_data / "mfa" / "acoustic_g2p_output_model.zip"
    made = models.imported(path, 60.0)
    assert made.is_relative_to(tmp_path)
    monkeypatch.setattr(program, "call", None)
    assert models.imported(path, 60.0) == made


def test_an_mfa_model_of_version_one_is_refused_by_name(
    tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"mono_model\.zip: viter says: .*no meta\.json inside it"):
        models.imported(shared_data / "mfa" / "mono_model.zip", 60.0)
