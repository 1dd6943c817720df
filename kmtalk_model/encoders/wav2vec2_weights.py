"""The checkpoint of a wav2vec 2.0 network: from a folder, the machine's cache, or Hugging Face; whole, or an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import WeightsError

# Only used to mask in training; checkpoints that were fine-tuned lack it.
_MAY_BE_MISSING = {"masked_spec_embed", "wav2vec2.masked_spec_embed"}


@dataclass(frozen=True)
class Checkpoint:
    """A loaded network (transformers' Wav2Vec2Model); `normalise` scales samples (S,) as it was trained with;
    `ctc_head` and `tokenizer` only where the CTC network was asked for.
    """

    network: Any
    normalise: Callable[[Samples], Samples]
    identity: str
    ctc_head: Any = None
    tokenizer: Any = None


def load_checkpoint(model: str, revision: str | None, *, with_ctc: bool) -> Checkpoint:
    """The checkpoint of a path or a name. Raises WeightsError where it can't be had, or lacks weights or files."""
    folder = checkpoint_folder(model, revision)
    from transformers import Wav2Vec2ForCTC, Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what is missing is told below, as an error
    kind: Any = Wav2Vec2ForCTC if with_ctc else Wav2Vec2Model
    try:
        network, report = kind.from_pretrained(folder, local_files_only=True, output_loading_info=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"cannot be loaded ({str(error).splitlines()[0]})", where=f"wav2vec2, model {model}"
        ) from error
    missing = sorted(set(report["missing_keys"]) - _MAY_BE_MISSING)
    if missing:
        raise WeightsError(
            f"lacks weights: {', '.join(missing[:3])}" + (f" and {len(missing) - 3} more" if missing[3:] else ""),
            where=f"wav2vec2, model {model}",
            fix="take a checkpoint that was fine-tuned with CTC" if with_ctc else "take a wav2vec 2.0 checkpoint",
        )
    return Checkpoint(
        network=network.wav2vec2 if with_ctc else network,
        normalise=_normaliser(folder, model),
        identity=_identity(folder),
        ctc_head=network.lm_head if with_ctc else None,
        tokenizer=_tokenizer(folder, model) if with_ctc else None,
    )


def checkpoint_folder(model: str, revision: str | None) -> Path:
    """The folder of a checkpoint: a path, the cache, or a download. Raises WeightsError."""
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.safetensors", "*.bin", "*.txt"]
    for local_only in (True, False):
        try:
            found = Path(
                snapshot_download(model, revision=revision, local_files_only=local_only, allow_patterns=wanted)
            )
        except Exception:  # not cached; no such repository; no connection (huggingface_hub has many errors of its own)
            continue
        if (found / "config.json").is_file():
            return found
    raise WeightsError(
        "is no folder here, not in the machine's cache, and can't be downloaded",
        where=f"wav2vec2, model {model}",
        fix="give the path of a checkpoint's folder, or connect once: the download is kept",
    )


def _identity(folder: Path) -> str:
    """A digest of the weights' bytes: the same for a path, a cache and a download."""
    from hashlib import file_digest, sha256

    from transformers import __version__

    total = sha256()
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin")]):
        with path.open("rb") as file:
            total.update(file_digest(file, "sha256").digest())
    return f"transformers {__version__} sha256:{total.hexdigest()[:16]}"


def _normaliser(folder: Path, model: str) -> Callable[[Samples], Samples]:
    """The checkpoint's own feature extractor (transformers), which knows whether the sound is normalised."""
    from transformers import Wav2Vec2FeatureExtractor

    if not (folder / "preprocessor_config.json").is_file():
        raise WeightsError(
            "has no preprocessor_config.json, so whether the sound is normalised is unknown",
            where=f"wav2vec2, model {model}",
            fix="copy that file of the checkpoint too",
        )
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    if extractor.sampling_rate != SAMPLE_RATE:
        raise WeightsError(
            f"hears {extractor.sampling_rate} Hz; only 16 kHz is supported", where=f"wav2vec2, model {model}"
        )

    def normalise(samples: Samples) -> Samples:
        given = extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="np")
        return np.asarray(given.input_values[0], dtype=np.float32)

    return normalise


def _tokenizer(folder: Path, model: str) -> Any:
    from transformers import Wav2Vec2CTCTokenizer

    try:
        json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        return Wav2Vec2CTCTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"has no readable vocab.json ({type(error).__name__}), so its labels have no text",
            where=f"wav2vec2, model {model}",
            fix="copy that file of the checkpoint too",
        ) from error
