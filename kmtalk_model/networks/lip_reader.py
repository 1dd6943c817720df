"""The lip-reading branch of SelfTalk, by which KMTalk Eq. 2 tells whether lips say what is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kmtalk_model.networks.lip_target import LipTarget


@dataclass(frozen=True)
class LipReaderConfig:
    """vertices: L, at the lips; vocabulary: how many labels, blank and all; width: h, that of the teacher's hidden
    states where a latent loss is taken; layers: of the encoder, and as many of the decoder. Sizes are SelfTalk's.
    """

    vertices: int
    vocabulary: int
    width: int = 1024
    heads: int = 8
    layers: int = 6
    feed_forward: int = 2048
    dropout: float = 0.1


class LipReading(NamedTuple):
    """latent: lip features (B, T, h), beside the teacher's hidden states; logits: of the labels, (B, T, vocabulary)."""

    latent: Tensor
    logits: Tensor


class LipReader(nn.Module):
    """Offsets at the lip vertices (B, N, L, 3) -> what is read from them at the teacher's tokens.

    A transformer whose source and target are the lips' features, without positions and causal mask, and a CTC head.
    Source: SelfTalk_release SelfTalk.py (networks.md 2).
    """

    def __init__(self, config: LipReaderConfig) -> None:
        super().__init__()
        width, heads, feed_forward, dropout = config.width, config.heads, config.feed_forward, config.dropout
        self.projection = nn.Linear(3 * config.vertices, width)
        # torch's own encoder, save that it keeps padding as it is.
        layer = nn.TransformerEncoderLayer(width, heads, feed_forward, dropout, batch_first=True)
        encoder = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.transformer = nn.Transformer(
            width,
            heads,
            num_decoder_layers=config.layers,
            dim_feedforward=feed_forward,
            dropout=dropout,
            custom_encoder=encoder,
            batch_first=True,
        )
        self.head = nn.Linear(width, config.vocabulary)

    def forward(self, offsets: Tensor, frame_mask: Tensor, fps: float, target: LipTarget) -> LipReading:
        """The reading; frame_mask: see Speech; of the target only its tokens' times and mask."""
        lips = at_times(self.projection(offsets.flatten(2)), frame_mask, fps, target.token_times)
        padding = ~target.token_mask
        latent = self.transformer(
            lips,
            lips,
            src_key_padding_mask=padding,
            tgt_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )
        return LipReading(latent, self.head(latent))


def at_times(sequence: Tensor, frame_mask: Tensor, fps: float, times_s: Tensor) -> Tensor:
    """A sequence of frames (B, N, d) at times (T,), linearly between frames: (B, T, d).

    Beyond an utterance's ends its first and last frame hold. SelfTalk stretches all frames over all tokens; by time,
    a token is beside the sound that it is made of.
    """
    last = frame_mask.sum(dim=1, keepdim=True) - 1
    places = torch.minimum((times_s * fps).clamp(min=0)[None], last)
    before = places.floor().long()
    share = (places - before)[..., None].to(sequence.dtype)
    return _gathered(sequence, before) * (1 - share) + _gathered(sequence, torch.minimum(before + 1, last)) * share


def _gathered(sequence: Tensor, places: Tensor) -> Tensor:
    return sequence.gather(1, places[..., None].expand(-1, -1, sequence.shape[-1]))
