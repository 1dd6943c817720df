"""What the networks of both stages have in common: their sizes, and how they take the audio and give the motion."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.context import AudioContext


@dataclass(frozen=True)
class NetworkConfig:
    """vertices: V; features: d_in, of the cached features at a frame; width: d; heads: of every attention;
    components: of the motion basis, 0 for every coordinate by itself; context_layers, context_kernel: convolutions over
    frozen features; wav2vec2: the config of transformers whose network is fine-tuned, None for frozen features;
    tokens_per_frame: of its convolutions, side by side in the features of a frame.
    """

    vertices: int
    features: int
    width: int = 256
    heads: int = 4
    dropout: float = 0.1
    components: int = 0
    context_layers: int = 0
    context_kernel: int = 5
    wav2vec2: dict[str, Any] | None = None
    tokens_per_frame: int = 1


def audio_network(config: NetworkConfig) -> nn.Module:
    """Cached features (B, N, d_in) and frame mask -> A (B, N, d): KMTalk's audio encoder, without what is frozen."""
    if config.wav2vec2 is not None:
        # Here, since transformers takes seconds to import and frozen features don't need it.
        from kmtalk_model.networks.wav2vec2 import FineTunedWav2Vec2

        return FineTunedWav2Vec2(config.wav2vec2, config.features, config.width, config.tokens_per_frame)
    return AudioContext(config.features, config.width, config.context_layers, config.context_kernel, config.dropout)


def motion_basis(config: NetworkConfig) -> MotionBasis:
    """The motion as the networks see it."""
    return MotionBasis(config.vertices, config.components)
