"""A CTC checkpoint whose weights are laid down by hand: it hears tones, a label each, so that its text is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kmtalk_align.audio import SAMPLE_RATE, Samples
from tests.tiny_wav2vec2 import LABELS

FRAME = 320


def save_tone_ctc(folder: Path, labels: Sequence[str] = LABELS) -> Path:
    """Saves a network of wav2vec 2.0 whose layers hand on what its convolution finds: how loud each label's
    tone is in a frame of 20 ms.
    """
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

    count = len(labels)
    config = Wav2Vec2Config(
        hidden_size=count,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        conv_dim=(count,),
        conv_kernel=(FRAME,),
        conv_stride=(FRAME,),
        num_feat_extract_layers=1,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=1,
        vocab_size=count,
        feat_extract_norm="layer",
        pad_token_id=labels.index("<pad>"),
    )
    network = Wav2Vec2ForCTC(config)
    as_it_is = torch.eye(count)
    layer = network.wav2vec2.encoder.layers[0]
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.endswith("bias"):
                values.zero_()
        filters = np.stack([tone(label) for label in range(count)]) * 2 / FRAME
        network.wav2vec2.feature_extractor.conv_layers[0].conv.weight.copy_(torch.from_numpy(filters)[:, None])
        network.wav2vec2.feature_projection.projection.weight.copy_(as_it_is)
        network.lm_head.weight.copy_(as_it_is * 3)
        network.wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original0.zero_()
        for silenced in (layer.attention.out_proj, layer.feed_forward.output_dense):
            silenced.weight.zero_()
    network.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({label: place for place, label in enumerate(labels)}))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    return folder


def tone(label: int) -> Samples:
    """A frame (320,) of a label's tone: whole periods, so that no other label's filter hears it."""
    period = SAMPLE_RATE / (50 * (label + 4))
    return np.cos(2 * np.pi * np.arange(FRAME) / period).astype(np.float32)


def sound_of(path: Sequence[int]) -> Samples:
    """A recording in which the network hears these labels, one a frame."""
    return 0.3 * np.concatenate([tone(label) for label in path])
