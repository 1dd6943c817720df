"""Noise on what networks are given in training."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from kmtalk_model.experiment import Training
from kmtalk_model.networks.speech import Speech

_LONGEST_MASK_S = 0.3


def disturbed(speech: Speech, mean: Tensor, deviation: Tensor, training: Training) -> Speech:
    """Speech with noise on its features (of mean and deviation (d_in,)), and stretches of them blanked out."""
    features = speech.features
    if training.feature_noise:
        features = features + training.feature_noise * deviation * torch.randn_like(features)
    if training.feature_mask:
        features = torch.where(_stretches(speech, training.feature_mask)[..., None], mean, features)
    return replace(speech, features=features)


def _stretches(speech: Speech, chance: float) -> Tensor:
    """One stretch of frames (B, N) bool in some utterances, none in the others. Source: Park et al. 2019."""
    batch, frames = speech.frame_mask.shape
    device = speech.frame_mask.device
    longest = max(1, round(_LONGEST_MASK_S * speech.fps))
    lengths = torch.randint(1, longest + 1, (batch,), device=device) * (torch.rand(batch, device=device) < chance)
    starts = (torch.rand(batch, device=device) * speech.frame_mask.sum(dim=1)).long()
    places = torch.arange(frames, device=device)
    return (places >= starts[:, None]) & (places < (starts + lengths)[:, None])


def noisy(key_motions: Tensor, noise: float) -> Tensor:
    """Key motions (B, m, k), as coefficients of unit deviation, with noise on them."""
    return key_motions + noise * torch.randn_like(key_motions) if noise else key_motions
