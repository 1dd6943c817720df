"""What both networks are made with: how they take the audio."""

from __future__ import annotations

from torch import nn

from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
from kmtalk_model.networks.context import AudioContext


def audio_network(config: KeyMotionConfig | CompletionConfig) -> nn.Module:
    """Cached features (B, N, d_in) and frame mask -> A (B, N, d): KMTalk's audio encoder, without what is frozen."""
    if config.wav2vec2 is not None:
        # Here, since transformers takes seconds to import and frozen features don't need it.
        from kmtalk_model.networks.wav2vec2 import FineTunedWav2Vec2

        return FineTunedWav2Vec2(config.wav2vec2, config.features, config.width, config.tokens_per_frame)
    return AudioContext(config.features, config.width, config.context_layers, config.context_kernel, config.dropout)
