"""The part of wav2vec 2.0 that KMTalk fine-tunes, from the cached features of its frozen convolutions to A."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2Config, Wav2Vec2Model
from transformers.models.wav2vec2.modeling_wav2vec2 import (
    Wav2Vec2Encoder,
    Wav2Vec2EncoderStableLayerNorm,
    Wav2Vec2FeatureProjection,
    Wav2Vec2PreTrainedModel,
)


def config_of(network: Wav2Vec2Model) -> dict[str, Any]:
    """The config of a wav2vec 2.0 network as JSON knows it, from which FineTunedWav2Vec2 is built."""
    found: dict[str, Any] = json.loads(network.config.to_json_string(use_diff=False))
    return found


class FineTunedWav2Vec2(nn.Module):
    """Features of the convolutions at frames (B, N, k * c) -> A (B, N, d).

    They are brought to frames before the transformer: one token a frame (k 1), interpolated, as SelfTalk does on
    VOCASET; or k tokens, side by side, which the transformer sees one after another and whose outputs are put side by
    side again, as SelfTalk does on BIWI. Linear from the transformer's width to d is SelfTalk's audio_feature_map.
    Source: SelfTalk_release SelfTalk.py, wav2vec.py (networks.md 2).
    """

    def __init__(self, config: Mapping[str, Any], features: int, width: int, tokens_per_frame: int = 1) -> None:
        """config: of transformers' Wav2Vec2Model. Raises ValueError where `features` are not its convolutions'."""
        super().__init__()
        # Attention of torch itself, chosen here: left open, it is chosen by what else is installed.
        self.transformer = _Transformer(Wav2Vec2Config.from_dict(dict(config), attn_implementation="sdpa"))
        expected = tokens_per_frame * self.transformer.config.conv_dim[-1]
        if features != expected:
            raise ValueError(
                f"{features} features a frame are not {tokens_per_frame} x {self.transformer.config.conv_dim[-1]} of "
                "wav2vec 2.0's convolutions"
            )
        self.tokens_per_frame = tokens_per_frame
        self.projection = nn.Linear(tokens_per_frame * self.transformer.config.hidden_size, width)

    def copy_pretrained(self, network: Wav2Vec2Model) -> None:
        """Take the weights of a network of the same config. Raises RuntimeError, torch's own, where sizes differ."""
        self.transformer.feature_projection.load_state_dict(network.feature_projection.state_dict())
        self.transformer.encoder.load_state_dict(network.encoder.state_dict())
        embedding = self.transformer.masked_spec_embed
        if embedding is not None and hasattr(network, "masked_spec_embed"):
            embedding.data.copy_(network.masked_spec_embed.data)

    def forward(self, features: Tensor, frame_mask: Tensor) -> Tensor:
        """A; frame_mask: see Speech."""
        batch, frames, _ = features.shape
        tokens = features.reshape(batch, frames * self.tokens_per_frame, -1)
        hidden = self.transformer(tokens, frame_mask.repeat_interleave(self.tokens_per_frame, dim=1))
        audio: Tensor = self.projection(hidden.reshape(batch, frames, -1))
        return audio


class _Transformer(Wav2Vec2PreTrainedModel):  # type: ignore[no-untyped-call]
    """transformers' Wav2Vec2Model without its convolutions: tokens (B, T, c) -> hidden states (B, T, h).

    In training, dropout, LayerDrop and SpecAugment are as the config has them: SelfTalk leaves them as they are in the
    checkpoint's config too. They are switched off there (apply_spec_augment, layerdrop).
    """

    def __init__(self, config: Wav2Vec2Config) -> None:
        super().__init__(config)
        if config.add_adapter:
            raise ValueError("a wav2vec 2.0 with an adapter (add_adapter) has fewer outputs than tokens")
        self.feature_projection = Wav2Vec2FeatureProjection(config)  # type: ignore[no-untyped-call]
        self.encoder = (Wav2Vec2EncoderStableLayerNorm if config.do_stable_layer_norm else Wav2Vec2Encoder)(config)
        self.masked_spec_embed: nn.Parameter | None = None
        if config.apply_spec_augment and config.mask_time_prob > 0:
            self.masked_spec_embed = nn.Parameter(torch.rand(config.hidden_size))
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Hidden states; mask (B, T): bool, true for what is not padding."""
        hidden, _ = self.feature_projection(tokens)
        if self.training and self.config.apply_spec_augment:
            hidden = self._augmented(hidden, mask)
        found: Tensor = self.encoder(hidden, attention_mask=mask).last_hidden_state
        return found

    def _augmented(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Spans of tokens become one learnt vector, spans of channels zero. Source: SpecAugment (Park et al. 2019),
        as wav2vec 2.0 is fine-tuned (Baevski et al. 2020, Sec. 4.3).
        """
        config, width = self.config, hidden.shape[-1]
        if self.masked_spec_embed is not None:
            spans = random_spans(
                mask.sum(dim=1).tolist(),
                mask.shape[1],
                config.mask_time_prob,
                config.mask_time_length,
                config.mask_time_min_masks,
            )
            hidden = torch.where(spans.to(hidden.device)[..., None], self.masked_spec_embed.to(hidden.dtype), hidden)
        if config.mask_feature_prob > 0:
            spans = random_spans(
                [width] * len(hidden),
                width,
                config.mask_feature_prob,
                config.mask_feature_length,
                config.mask_feature_min_masks,
            )
            hidden = hidden.masked_fill(spans.to(hidden.device)[:, None], 0.0)
        return hidden


def random_spans(lengths: Sequence[int], total: int, probability: float, span: int, at_least: int) -> Tensor:
    """Which places of each row are in a random span, bool (B, total): about `probability` of a row's length, none
    beyond it, none in a row that is shorter than a span; spans may overlap.

    By torch's random numbers, where transformers' own takes numpy's: one seed and one state to resume from.
    """
    mask = torch.zeros(len(lengths), total, dtype=torch.bool)
    for row, length in zip(mask, lengths, strict=True):
        wanted = max(at_least, int(probability * length / span + torch.rand(()).item()))
        for start in torch.randperm(max(0, length - span + 1))[: min(wanted, length // span)].tolist():
            row[start : start + span] = True
    return mask
