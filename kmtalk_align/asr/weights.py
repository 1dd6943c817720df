"""Whisper's weights: a path, the machine's caches, the official download, an extra; in this order.

Never another model than the one asked for: an extra holds one model, and counts only with the pinned hashes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.asr.digest import identity_of, sha256
from kmtalk_align.asr.offline_weights import OFFLINE_MODELS, extra_folder
from kmtalk_align.cache import cache_folder, filling_cache
from kmtalk_align.errors import ConfigError, OutOfReachError, WeightsError
from kmtalk_align.files import write_bytes

_CONNECT_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Weights:
    """Where a model lies, and what says that it is that model."""

    path: Path
    identity: str


def faster_whisper_folder(model: str, *, download: bool = True) -> Weights:
    """The CTranslate2 folder of a Whisper model, given by path, name or Hugging Face repository.

    With `download` false nothing is fetched. Raises WeightsError where the model can't be had, ConfigError for a name
    that faster-whisper doesn't know.
    """
    path = Path(model).expanduser()
    if path.exists():
        if not (path / "model.bin").is_file():
            raise WeightsError("holds no model.bin", where=path, fix="give a folder in CTranslate2's format")
        return Weights(path, identity_of(path / "model.bin"))
    from faster_whisper.utils import available_models

    if "/" not in model and model not in available_models():
        raise ConfigError(
            "faster-whisper knows no such model",
            where=f"model {model}",
            fix=f"give a path, a Hugging Face repository, or one of: {', '.join(available_models())}",
        )
    snapshot = _from_hub(model, local_only=True)
    if snapshot is None and download:
        snapshot = _from_hub(model, local_only=False)
    if snapshot is not None:
        return Weights(snapshot, f"revision {snapshot.name[:12]}")
    folder = extra_folder(model)
    if folder is None:
        raise _out_of_reach(model, "faster_whisper")
    return Weights(folder, identity_of(folder / "model.bin"))


def whisper_checkpoint(model: str, *, download: bool = True) -> Weights:
    """The checkpoint file of a Whisper model for openai-whisper, by path or name. Arguments and errors as above."""
    path = Path(model).expanduser()
    if path.is_file():
        return Weights(path, identity_of(path))
    official = _official_checkpoint(model)
    if official is None and download:
        official = _download_checkpoint(model)
    checkpoint = official or _converted_extra(model)
    if checkpoint is None:
        raise _out_of_reach(model, "whisper")
    return Weights(checkpoint, identity_of(checkpoint))


def _from_hub(model: str, *, local_only: bool) -> Path | None:
    from faster_whisper.utils import download_model

    try:
        folder = Path(download_model(model, local_files_only=local_only))
    except Exception:  # huggingface_hub: not cached, no such repository, no connection (httpx has errors of its own)
        return None
    return folder if (folder / "model.bin").is_file() else None


def _official_checkpoint(model: str) -> Path | None:
    """openai-whisper's own cache, checked by the hash that its address holds."""
    path = whisper_cache() / Path(_whisper_address(model)).name
    return path if path.is_file() and sha256(path) == _whisper_address(model).split("/")[-2] else None


def _download_checkpoint(model: str) -> Path | None:
    import whisper

    try:
        with _connect_timeout():
            return Path(str(whisper._download(_whisper_address(model), str(whisper_cache()), in_memory=False)))
    except (OSError, RuntimeError):  # no connection; a download that does not match its hash
        return None


def _converted_extra(model: str) -> Path | None:
    """The extra's weights as an openai-whisper checkpoint, converted once and kept in the cache."""
    folder = extra_folder(model)
    if folder is None:
        return None
    path = cache_folder() / f"whisper-{model}-{OFFLINE_MODELS[model].sha256[:16]}.pt"
    if not path.is_file():
        from kmtalk_align.asr.ctranslate2 import to_openai_checkpoint

        with filling_cache():
            write_bytes(path, to_openai_checkpoint(folder / "model.bin"))
    return path


def _whisper_address(model: str) -> str:
    import whisper

    if model not in whisper._MODELS:
        raise ConfigError(
            "openai-whisper knows no such model",
            where=f"model {model}",
            fix=f"give the path of a checkpoint, or one of: {', '.join(whisper._MODELS)}",
        )
    return str(whisper._MODELS[model])


def whisper_cache() -> Path:
    """Where openai-whisper keeps its downloads."""
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "whisper"


def _out_of_reach(model: str, backend: str) -> OutOfReachError:
    ways = [
        f"connect once and run `kmtalk doctor --download {backend}:{model}`",
        "give the path of the weights as model",
    ]
    if model in OFFLINE_MODELS:
        ways.append(OFFLINE_MODELS[model].install)
    ways.append("use asr `reference` with the transcripts you have")
    return OutOfReachError(
        "its weights are in none of the machine's caches, and the official download can't be reached",
        where=f"{backend}, model {model}",
        fix="either " + ", or ".join(ways),
    )


@contextmanager
def _connect_timeout() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
