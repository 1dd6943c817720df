"""Audio features with what is said around them: A of KMTalk where the encoder is frozen."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AudioContext(nn.Module):
    """Frozen features (B, N, d_in) -> A (B, N, d): scaled, projected, and mixed over time by `layers` convolutions.

    wav2vec 2.0 is fine-tuned in the paper, and its transformer does the mixing; frozen features need a part of their
    own for it, or a key motion is decoded without what is said before and after it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, features: int, width: int, layers: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.projection = nn.Linear(features, width)
        self.layers = nn.ModuleList(_Convolution(width, kernel, dropout) for _ in range(layers))

    def set_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Take mean and deviation (d_in,) of the training features, by which all features are scaled."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def forward(self, features: Tensor, frame_mask: Tensor) -> Tensor:
        """A (B, N, d) of features (B, N, d_in); frame_mask: see Speech."""
        audio: Tensor = self.projection((features - self.mean) / self.deviation)
        for layer in self.layers:
            audio = layer(audio, frame_mask)
        return audio


class _Convolution(nn.Module):
    """A residual block: a depthwise convolution over time, then a feed-forward over the channels (ConvNeXt's order).

    What is padded is zero to it, as what lies beyond the ends.
    """

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width), nn.Dropout(dropout)
        )

    def forward(self, audio: Tensor, frame_mask: Tensor) -> Tensor:
        around = self.over_time((audio * frame_mask[..., None]).mT).mT
        mixed: Tensor = audio + self.feed_forward(self.norm(around))
        return mixed
