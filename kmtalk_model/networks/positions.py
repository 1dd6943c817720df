"""Sinusoidal positions in time, so that a network meets any frame rate and any length."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# At this rate a position is the index of a frame, as in KMTalk Sec. 3.3 on BIWI.
POSITIONS_PER_SECOND = 25.0
_LONGEST_PERIOD = 10_000.0


def sinusoidal_positions(times_s: Tensor, width: int) -> Tensor:
    """Positions (..., width) of times in seconds (...). Source: Vaswani et al. 2017, Sec. 3.5."""
    places = times_s[..., None] * POSITIONS_PER_SECOND
    pairs = torch.arange(0, width, 2, device=times_s.device, dtype=torch.float32)
    angles = places * torch.exp(pairs * (-math.log(_LONGEST_PERIOD) / width))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)[..., :width]
