"""A tiny wav2vec 2.0 network with random weights, saved as a checkpoint is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LABELS = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C"]


def save_wav2vec2(
    folder: Path, *, norm: str = "group", stable: bool = False, ctc: bool = True, leave_out: str = ""
) -> Path:
    """Saves a network of three layers; `norm` group and stable False is wav2vec2-base, layer and True is XLSR-53."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Model,
    )

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        vocab_size=len(LABELS),
        feat_extract_norm=norm,
        do_stable_layer_norm=stable,
    )
    network: Any = (Wav2Vec2ForCTC if ctc else Wav2Vec2Model)(config)
    network.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=stable).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({label: place for place, label in enumerate(LABELS)}))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    if leave_out:
        (folder / leave_out).unlink()
    return folder
