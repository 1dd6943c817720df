"""What encoder and decoder are both made of: attention, feed-forward layers, positions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_LONGEST_PERIOD = 10_000.0


def layer_norm(width: int) -> nn.LayerNorm:
    """A layer norm with the epsilon that the checkpoint was trained with."""
    return nn.LayerNorm(width, eps=1e-12)


def sinusoids(positions: Tensor, width: int) -> Tensor:
    """Sinusoidal positions (L, width) of whole numbers (L,), also below 0. Source: Vaswani et al. 2017, Sec. 3.5."""
    pairs = torch.arange(0, width, 2, device=positions.device, dtype=torch.float32)
    angles = positions[:, None] * torch.exp(pairs * (-math.log(_LONGEST_PERIOD) / width))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)[:, :width]


class FeedForward(nn.Module):
    """(..., d) -> (..., d) by way of a wider ReLU layer."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.w_1 = nn.Linear(width, inner)
        self.w_2 = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        found: Tensor = self.w_2(functional.relu(self.w_1(x)))
        return found


class Attention(nn.Module):
    """Attention with several heads (Vaswani et al. 2017, Sec. 3.2), in steps, so that keys and values can be kept."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width)
        self.linear_v = nn.Linear(width, width)
        self.linear_out = nn.Linear(width, width)

    def queries(self, x: Tensor) -> Tensor:
        """(B, L, d) -> (B, heads, L, d / heads)."""
        return self.by_head(self.linear_q(x))

    def keys_and_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L, d) -> two of (B, heads, L, d / heads)."""
        return self.by_head(self.linear_k(x)), self.by_head(self.linear_v(x))

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None = None) -> Tensor:
        """What queries (B, heads, L, d / heads) find: (B, L, d); bias (B, heads, L, L') is added to the scores."""
        found = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
        merged: Tensor = self.linear_out(found.transpose(1, 2).flatten(2))
        return merged

    def by_head(self, x: Tensor) -> Tensor:
        """(B, L, d) -> (B, heads, L, d / heads)."""
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)


class RelativeAttention(Attention):
    """Self-attention whose scores know how far apart two tokens are (Dai et al. 2019, Sec. 3.3).

    Score of query i and key j: ((q_i + u) k_j + (q_i + v) W_p p(i - j)) / sqrt(d / heads).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, width // heads))
        self.pos_bias_v = nn.Parameter(torch.zeros(heads, width // heads))

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d); positions (2 T - 1, d) are those of the distances T - 1, ..., -(T - 1)."""
        tokens = x.shape[1]
        queries = self.queries(x)
        by_distance = (queries + self.pos_bias_v[:, None]) @ self.by_head(self.linear_pos(positions[None])).mT
        place = torch.arange(tokens, device=x.device)
        # Distance i - j stands at row (T - 1) - (i - j).
        rows = (tokens - 1 - place[:, None] + place).expand(*queries.shape[:2], -1, -1)
        bias = by_distance.gather(-1, rows) / math.sqrt(queries.shape[-1])
        return self.attend(queries + self.pos_bias_u[:, None], *self.keys_and_values(x), bias)
