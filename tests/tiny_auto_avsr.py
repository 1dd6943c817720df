"""A tiny Auto-AVSR network with random weights, saved as the published checkpoint is: all its entries, narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from kmtalk_align.asr.auto_avsr.network import Network
from kmtalk_align.asr.auto_avsr.size import NetworkSize

PIECES = ["<unk>", "\u2581THE", "\u2581BO", "AT", "\u25812", "ND", "S"]
LAYERS = NetworkSize(channels=(2, 3, 4, 5), width=8, heads=2, feed_forward=6, outputs=len(PIECES) + 2)


def tiny_network(size: NetworkSize = LAYERS, seed: int = 0) -> Network:
    """A network in which every entry, batch statistics and biases too, is a random number that matters."""
    random = torch.Generator().manual_seed(seed)
    network = Network(size).eval().requires_grad_(False)
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            value.fill_(100)
        elif name.endswith("running_var"):
            value.copy_(0.5 + torch.rand(value.shape, generator=random))
        else:
            value.copy_((0.5 if value.ndim > 1 else 0.2) * torch.randn(value.shape, generator=random))
            if value.ndim == 1 and name.endswith("weight"):
                value.add_(1.0)
    return network


def save_checkpoint(path: Path, state: Any = None) -> Path:
    """A checkpoint of the tiny network, or of what is given."""
    torch.save(tiny_network().state_dict() if state is None else state, path)
    return path


def save_units(path: Path) -> Path:
    """The tiny network's unit list."""
    path.write_text("".join(f"{piece} {number}\n" for number, piece in enumerate(PIECES, start=1)), encoding="utf-8")
    return path
