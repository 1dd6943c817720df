"""The checkpoint of a wav2vec 2.0 network: from a folder, the machine's cache, or Hugging Face; whole, or an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.checkpoint import checkpoint_folder, load_network, weights_digest
from kmtalk_align.errors import WeightsError


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
    where = f"wav2vec2, model {model}"
    folder = checkpoint_folder(model, revision, where=where)
    from transformers import Wav2Vec2ForCTC, Wav2Vec2Model

    network = load_network(
        Wav2Vec2ForCTC if with_ctc else Wav2Vec2Model,
        folder,
        where=where,
        fix="take a checkpoint that was fine-tuned with CTC" if with_ctc else "take a wav2vec 2.0 checkpoint",
    )
    return Checkpoint(
        network=network.wav2vec2 if with_ctc else network,
        normalise=_normaliser(folder, model),
        identity=f"transformers {version('transformers')} {weights_digest(folder)}",
        ctc_head=network.lm_head if with_ctc else None,
        tokenizer=_tokenizer(folder, model) if with_ctc else None,
    )


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
