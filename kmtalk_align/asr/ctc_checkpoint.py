"""A CTC checkpoint of transformers: network, what its sound is made of, and its labels' text; each checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmtalk_align.asr.weights import Weights
from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_align.checkpoint import checkpoint_folder, load_network, refuse_code, weights_digest
from kmtalk_align.errors import WeightsError


@dataclass(frozen=True)
class CtcCheckpoint:
    """Classes of transformers: a network whose output is logits (1, T, labels), its feature extractor and tokenizer."""

    network: Any
    extractor: Any
    tokenizer: Any
    identity: str


def ctc_weights(model: str, revision: str | None = None, *, download: bool = True) -> Weights:
    """Where a checkpoint lies, by path or name. With `download` false nothing is fetched. Raises WeightsError."""
    folder = checkpoint_folder(model, revision, where=_where(model), download=download)
    return Weights(folder, weights_digest(folder))


def load_ctc(model: str, revision: str | None) -> CtcCheckpoint:
    """The checkpoint of a path or a name. Raises WeightsError where it can't be had, lacks something, or fits not
    together.
    """
    weights = ctc_weights(model, revision)
    folder = weights.path
    refuse_code(folder)
    extractor = _extractor(folder)
    tokenizer = _tokenizer(folder)
    from transformers import AutoModelForCTC

    network = load_network(
        AutoModelForCTC, folder, where=_where(model), fix="take a checkpoint that was fine-tuned with CTC"
    )
    _check_labels(network.config, tokenizer, folder)
    return CtcCheckpoint(network, extractor, tokenizer, weights.identity)


def _where(model: str) -> str:
    return f"wav2vec2, model {model}"


def _extractor(folder: Path) -> Any:
    """What turns samples into the network's input: it knows whether the sound is normalised, or is a spectrogram."""
    from transformers import AutoFeatureExtractor

    extractor = _part(
        AutoFeatureExtractor,
        folder,
        lacks="has no readable preprocessor_config.json, so how it hears sound is unknown",
        fix="copy that file of the checkpoint too",
    )
    rate = getattr(extractor, "sampling_rate", None)
    if rate != SAMPLE_RATE:
        raise WeightsError(f"hears {rate} Hz; only 16 kHz is supported", where=folder, fix="take another checkpoint")
    return extractor


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    settings = folder / "tokenizer_config.json"
    if settings.is_file() and "Phoneme" in str(json.loads(settings.read_text(encoding="utf-8")).get("tokenizer_class")):
        raise WeightsError("writes phones, not words", where=settings, fix="take a checkpoint whose labels are letters")
    return _part(
        AutoTokenizer,
        folder,
        lacks="has no readable tokenizer, so its labels have no text",
        fix="copy vocab.json and tokenizer_config.json of the checkpoint too",
    )


def _part(kind: Any, folder: Path, *, lacks: str, fix: str) -> Any:
    """A part of a checkpoint by its class of transformers. Raises WeightsError: what it lacks, and what to do."""
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except ImportError as error:
        said = next(iter(str(error).strip().splitlines()), "")
        raise WeightsError(
            f"needs a package that is not installed ({said})",
            where=folder,
            fix="install it, or take another checkpoint",
        ) from error
    except Exception as error:  # transformers has many errors
        raise WeightsError(f"{lacks} ({type(error).__name__})", where=folder, fix=fix) from error


def _check_labels(config: Any, tokenizer: Any, folder: Path) -> None:
    """Raise WeightsError where the tokenizer can't be that of the network's labels."""
    if len(tokenizer) < config.vocab_size:
        raise WeightsError(
            f"knows {len(tokenizer)} labels, the network has {config.vocab_size}",
            where=folder / "vocab.json",
            fix="copy the tokenizer of this very checkpoint",
        )
    if tokenizer.pad_token_id != config.pad_token_id:
        raise WeightsError(
            f"its blank is label {tokenizer.pad_token_id}, that of config.json (pad_token_id) {config.pad_token_id}",
            where=folder,
            fix="copy config and tokenizer of the same checkpoint",
        )
