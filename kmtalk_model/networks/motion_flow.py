"""The Motion Flow Encoder of KMTalk Sec. 3.3: from key motions to motion flow features of every frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kmtalk_model.networks.positions import sinusoidal_positions
from kmtalk_model.networks.speech import Speech


class MotionFlowEncoder(nn.Module):
    """Key motions K (B, m, k), as coefficients of a MotionBasis -> motion flow features Phi (B, N, d).

    Transformer encoder layers turn key motions into key context tokens; the positions of the other frames ask for
    intermediate tokens by cross-attention on them; both are arranged in order of their frames and fused by a 1-D
    convolution. Layers are residual with their normalisation first; the convolution is residual, without activation.
    """

    def __init__(
        self, motion_width: int, width: int, heads: int, layers: int, cross_layers: int, kernel: int, dropout: float
    ) -> None:
        super().__init__()
        self.projection = nn.Linear(motion_width, width)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout, batch_first=True, norm_first=True)
        self.key_encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.cross_attention = nn.ModuleList(_CrossAttention(width, heads, dropout) for _ in range(cross_layers))
        self.fusion = nn.Conv1d(width, width, kernel, padding=kernel // 2)

    def forward(self, key_motions: Tensor, speech: Speech) -> Tensor:
        """Phi; its frames beyond an utterance's end are no use."""
        width = self.fusion.in_channels
        tokens = self.projection(key_motions) + sinusoidal_positions(speech.key_times, width)
        keys = self.key_encoder(tokens, src_key_padding_mask=~speech.key_mask)
        # Asked at every frame and not at non-key frames alone: each query is answered by itself, so it is the same, and
        # a batch needs no padding of its own for them.
        between = sinusoidal_positions(speech.frame_times, width).expand(len(keys), -1, -1)
        for layer in self.cross_attention:
            between = layer(between, keys, speech.key_mask)
        flow = speech.put_at_keys(between, keys) * speech.frame_mask[..., None]
        fused: Tensor = flow + self.fusion(flow.mT).mT
        return fused


class _CrossAttention(nn.Module):
    """Cross-attention and feed-forward, without attention among the queries: what CITL calls intermediate generator."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.query_norm, self.forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, dropout, batch_first=True)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 2 * width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, queries: Tensor, keys: Tensor, key_mask: Tensor) -> Tensor:
        answer, _ = self.attention(self.query_norm(queries), keys, keys, key_padding_mask=~key_mask, need_weights=False)
        queries = queries + answer
        found: Tensor = queries + self.feed_forward(self.forward_norm(queries))
        return found


class Gate(nn.Module):
    """G = sigmoid([A, Phi] W), Z = G * A + (1 - G) * Phi, each (B, N, d). Source: KMTalk Eq. 4 and 5."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Linear(2 * width, width, bias=False)

    def forward(self, audio: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
        """Z, and G."""
        gate = torch.sigmoid(self.weight(torch.cat([audio, flow], dim=-1)))
        return gate * audio + (1 - gate) * flow, gate
