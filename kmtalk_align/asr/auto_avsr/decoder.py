"""The decoder: a transformer that says, after the units so far, how likely each unit is next; a unit at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from kmtalk_align.asr.auto_avsr.parts import Attention, FeedForward, layer_norm, sinusoids
from kmtalk_align.asr.auto_avsr.size import NetworkSize

KeysValues = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class DecoderState:
    """What is kept of n hypotheses of L units, by layer: keys and values of the units so far (n, heads, L, d / heads),
    and those of the recording (1, heads, T, d / heads), which all share.
    """

    length: int
    units: tuple[KeysValues, ...]
    recording: tuple[KeysValues, ...]

    def of(self, hypotheses: Tensor) -> DecoderState:
        """The state of the hypotheses at these places (m,); one may be taken more than once."""
        units = tuple((keys[hypotheses], values[hypotheses]) for keys, values in self.units)
        return DecoderState(self.length, units, self.recording)


class Decoder(nn.Module):
    """See the module. `start` and `step` take the place of a forward over whole hypotheses."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Embedding(size.outputs, size.width))
        self.decoders = nn.ModuleList(DecoderLayer(size) for _ in range(size.decoder_layers))
        self.after_norm = layer_norm(size.width)
        self.output_layer = nn.Linear(size.width, size.outputs)

    def start(self, recording: Tensor) -> DecoderState:
        """The state of one empty hypothesis about an encoded recording (T, d)."""
        units, heard = [], []
        for layer in cast("Iterable[DecoderLayer]", self.decoders):
            units.append(layer.self_attn.keys_and_values(recording[None, :0]))
            heard.append(layer.src_attn.keys_and_values(recording[None]))
        return DecoderState(0, tuple(units), tuple(heard))

    def step(self, units: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Log-probabilities (n, outputs) of what follows the latest units (n,) of n hypotheses, and their new state."""
        x = self.embed(units)
        width = x.shape[-1]
        x = x * math.sqrt(width) + sinusoids(torch.tensor([state.length], device=x.device), width).to(x.dtype)
        kept = []
        for layer, units_kept, heard in zip(self.decoders, state.units, state.recording, strict=True):
            x, grown = layer(x, units_kept, heard)
            kept.append(grown)
        scores: Tensor = self.output_layer(self.after_norm(x))
        return scores.log_softmax(-1), DecoderState(state.length + 1, tuple(kept), state.recording)


class DecoderLayer(nn.Module):
    """Attention to the units so far, attention to the recording, feed-forward; each after a norm of its own."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.self_attn = Attention(size.width, size.heads)
        self.src_attn = Attention(size.width, size.heads)
        self.feed_forward = FeedForward(size.width, size.feed_forward)
        self.norm1 = layer_norm(size.width)
        self.norm2 = layer_norm(size.width)
        self.norm3 = layer_norm(size.width)

    def forward(self, x: Tensor, units: KeysValues, recording: KeysValues) -> tuple[Tensor, KeysValues]:
        """The latest units' (n, d) -> (n, d), and keys and values of the units with them."""
        latest = self.norm1(x)[:, None]
        keys, values = self.self_attn.keys_and_values(latest)
        grown = torch.cat([units[0], keys], dim=2), torch.cat([units[1], values], dim=2)
        x = x + self.self_attn.attend(self.self_attn.queries(latest), *grown)[:, 0]
        # All hypotheses ask the same recording: as one batch of n queries.
        x = x + self.src_attn.attend(self.src_attn.queries(self.norm2(x)[None]), *recording)[0]
        x = x + self.feed_forward(self.norm3(x))
        return x, grown
