"""Checkpoints of transformers: in a folder, the machine's cache or at Hugging Face; loaded whole or not at all.

For recognisers and encoders alike. Nothing of a checkpoint is run: no code of its own, no pickle but torch's tensors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kmtalk_align.errors import OutOfReachError, WeightsError
from kmtalk_align.files import digest_of

_CONFIGS = ["*.json", "*.txt"]
# As transformers names them, whole and in parts. Neither a training's states, which are pickles, nor adapters.
_WEIGHTS = [["model.safetensors", "model-*.safetensors"], ["pytorch_model.bin", "pytorch_model-*.bin"]]
# Only used to mask in training; checkpoints that were fine-tuned lack it.
_MAY_BE_MISSING = "masked_spec_embed"


def checkpoint_folder(model: str, revision: str | None, *, where: str, download: bool = True) -> Path:
    """The folder of a checkpoint: a path, the cache, or a download. where: what names the model.

    With `download` false nothing is fetched. Raises OutOfReachError where it can't be had, WeightsError for a folder
    that is no checkpoint's.
    """
    path = Path(model).expanduser()
    if path.exists():
        return _checked(path)
    for local_only in (True, False) if download else (True,):
        # Safetensors first: where a checkpoint has both, the other would be fetched for nothing.
        for count in (1, 2):
            found = _snapshot(model, revision, sum(_WEIGHTS[:count], _CONFIGS), local_only=local_only)
            if found is not None and (found / "config.json").is_file() and weight_files(found):
                return found
    raise OutOfReachError(
        "is no folder here, not in the machine's cache, and can't be downloaded",
        where=where,
        fix="give the path of a checkpoint's folder, or connect once: the download is kept",
    )


def _checked(path: Path) -> Path:
    """A folder that the user names. Raises WeightsError where it can't be a checkpoint's."""
    if not path.is_dir():
        raise WeightsError("is a file", where=path, fix="give the folder of the checkpoint, with config.json")
    if not (path / "config.json").is_file():
        raise WeightsError("holds no config.json", where=path, fix="give the folder of a checkpoint of transformers")
    if not weight_files(path):
        raise WeightsError(
            "holds no model.safetensors and no pytorch_model.bin", where=path, fix="copy the weights of the checkpoint"
        )
    return path


def weight_files(folder: Path) -> list[Path]:
    """The files of a checkpoint's weights, those that transformers takes; [] where there are none."""
    of_kinds = [sorted(path for one in kind for path in folder.glob(one)) for kind in _WEIGHTS]
    return next((found for found in of_kinds if found), [])


def weights_digest(folder: Path) -> str:
    """A digest of the weights' bytes: the same for a path, a cache and a download."""
    return digest_of(weight_files(folder))


def refuse_code(folder: Path) -> None:
    """Raise WeightsError where a checkpoint is made for code that comes with it: that is never run."""
    for path in sorted(folder.glob("*config.json")):
        try:
            names_code = "auto_map" in dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise WeightsError(f"cannot be read ({error})", where=path, fix="fetch the checkpoint again") from error
        if names_code:
            raise WeightsError(
                "names code of its own to run it with (auto_map), which is never run",
                where=path,
                fix="take a checkpoint of an architecture that transformers itself has",
            )


def load_network(kind: Any, folder: Path, *, where: str, fix: str) -> Any:
    """A network of transformers (the class `kind`) with all its weights.

    Raises WeightsError where they can't be read, or some are missing; where: what names the model, fix: what to take.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what is missing is told below, as an error
    try:
        network, report = kind.from_pretrained(folder, local_files_only=True, output_loading_info=True)
    except Exception as error:  # transformers, safetensors and torch have each errors of their own
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise WeightsError(f"cannot be loaded ({said})", where=where, fix=fix) from error
    missing = sorted(one for one in report["missing_keys"] if not one.endswith(_MAY_BE_MISSING))
    if missing:
        more = f" and {len(missing) - 3} more" if missing[3:] else ""
        raise WeightsError(f"lacks weights: {', '.join(missing[:3])}{more}", where=where, fix=fix)
    return network


def _snapshot(model: str, revision: str | None, patterns: list[str], *, local_only: bool) -> Path | None:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                model,
                revision=revision,
                local_files_only=local_only,
                allow_patterns=patterns,
                ignore_patterns=["*/*"],  # language models, other formats
            )
        )
    except Exception:  # not cached; no such repository; no connection (huggingface_hub has many errors of its own)
        return None
