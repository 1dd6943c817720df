"""The encoder: a conformer with relative positions (Gulati et al. 2020), in the checkpoint's names and sizes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from kmtalk_align.asr.auto_avsr.parts import FeedForward, RelativeAttention, layer_norm, sinusoids
from kmtalk_align.asr.auto_avsr.size import NetworkSize

_KERNEL = 31


class ConformerEncoder(nn.Module):
    """Tokens (B, T, d) -> (B, T, d)."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(ConformerLayer(size) for _ in range(size.encoder_layers))
        self.after_norm = layer_norm(size.width)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        tokens, width = x.shape[-2:]
        positions = sinusoids(torch.arange(tokens - 1, -tokens, -1, device=x.device), width).to(x.dtype)
        x = x * math.sqrt(width)
        for layer in self.encoders:
            x = layer(x, positions)
        found: Tensor = self.after_norm(x)
        return found


class ConformerLayer(nn.Module):
    """Half a feed-forward layer, attention, convolution, the other half; each after a norm of its own."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.feed_forward_macaron = FeedForward(size.width, size.feed_forward)
        self.self_attn = RelativeAttention(size.width, size.heads)
        self.conv_module = ConvolutionModule(size.width)
        self.feed_forward = FeedForward(size.width, size.feed_forward)
        self.norm_ff_macaron = layer_norm(size.width)
        self.norm_mha = layer_norm(size.width)
        self.norm_conv = layer_norm(size.width)
        self.norm_ff = layer_norm(size.width)
        self.norm_final = layer_norm(size.width)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d); positions as RelativeAttention takes them."""
        x = x + 0.5 * self.feed_forward_macaron(self.norm_ff_macaron(x))
        x = x + self.self_attn(self.norm_mha(x), positions)
        x = x + self.conv_module(self.norm_conv(x))
        x = x + 0.5 * self.feed_forward(self.norm_ff(x))
        found: Tensor = self.norm_final(x)
        return found


class ConvolutionModule(nn.Module):
    """(B, T, d) -> (B, T, d): gate, convolution of each channel alone, batch norm. The checkpoint spells it `cov`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pointwise_cov1 = nn.Conv1d(width, 2 * width, 1)
        self.depthwise_conv = nn.Conv1d(width, width, _KERNEL, padding=_KERNEL // 2, groups=width)
        self.norm = nn.BatchNorm1d(width)
        self.pointwise_cov2 = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        gated = functional.glu(self.pointwise_cov1(x.transpose(1, 2)), dim=1)
        found: Tensor = self.pointwise_cov2(functional.silu(self.norm(self.depthwise_conv(gated))))
        return found.transpose(1, 2)
