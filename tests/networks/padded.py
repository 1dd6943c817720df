"""Utterances of different lengths, side by side and alone, and networks of both stages to give them to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.speech import Speech
from tests.tiny_run import completion_config, key_motion_config

V, FEATURES = 5, 6
WAV2VEC2: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "conv_dim": (FEATURES,) * 7,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
    "mask_time_prob": 0.0,
    "layerdrop": 0.0,
    "do_stable_layer_norm": True,
}


def wav2vec2() -> dict[str, Any]:
    """The config of a tiny wav2vec 2.0, as config.json has it."""
    import json

    from transformers import Wav2Vec2Config

    found: dict[str, Any] = json.loads(Wav2Vec2Config(**WAV2VEC2).to_json_string(use_diff=False))
    return found


def key_decoder(**changes: Any) -> KeyMotionDecoder:
    """A decoder whose head and scales are random and not as they start, in eval mode."""
    torch.manual_seed(0)
    return awake(KeyMotionDecoder(key_motion_config(V, FEATURES, **changes)))


def completion(**changes: Any) -> MotionCompletion:
    """A completion likewise."""
    torch.manual_seed(0)
    return awake(MotionCompletion(completion_config(V, FEATURES, **changes)))


def awake(network: Any) -> Any:
    """Random numbers where a new network has zeros, ones, or what is fitted to data."""
    nn.init.normal_(network.decoder.head.weight, std=0.3)
    nn.init.normal_(network.decoder.head.bias, std=0.3)
    components = network.config.components
    basis = torch.linalg.qr(torch.randn(3 * V, 3 * V)).Q[:components]
    network.motion.set(basis, 0.5 + torch.rand(components or 1))
    if hasattr(network.audio, "set_statistics"):
        network.audio.set_statistics(torch.randn(FEATURES), 0.5 + torch.rand(FEATURES))
    return network.eval()


def utterance(length: int, keys: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Features (N, d) and key frames (m,), the same whenever they are asked for."""
    features = torch.randn(length, FEATURES, generator=torch.Generator().manual_seed(length))
    return features, torch.tensor(keys, dtype=torch.int64)


def batch(clips: Sequence[tuple[int, Sequence[int]]], fps: float = 25.0) -> Speech:
    """Clips of (frames, key frames), with something in the padding that must not matter."""
    features, keys = zip(*(utterance(*clip) for clip in clips), strict=True)
    speech = Speech.of(features, keys, fps)
    speech.features[~speech.frame_mask] = 9.0
    speech.key_frames[~speech.key_mask] = 0
    return speech


def key_motions(clips: Sequence[tuple[int, Sequence[int]]]) -> Tensor:
    """Key motions (B, m, V, 3) of clips, with something in the padding."""
    found = torch.full((len(clips), max(len(keys) for _, keys in clips), V, 3), 7.0)
    for place, (length, keys) in enumerate(clips):
        found[place, : len(keys)] = torch.randn(len(keys), V, 3, generator=torch.Generator().manual_seed(length))
    return found
