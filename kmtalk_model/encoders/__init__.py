"""Audio encoders by name. A backend's module is imported when a config names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kmtalk_align import blocks
from kmtalk_model.encoders.base import Encoded, Encoder, Spoken, Stream

__all__ = ["ENCODERS", "Encoded", "Encoder", "EncoderConfig", "Spoken", "Stream", "encoder_config"]

ENCODERS = {
    "whisper": "kmtalk_model.encoders.whisper:WhisperEncoderConfig",
    "wav2vec2": "kmtalk_model.encoders.wav2vec2:Wav2Vec2EncoderConfig",
    "logmel": "kmtalk_model.encoders.logmel:LogMelConfig",
    "join": "kmtalk_model.encoders.join:JoinConfig",
}


class EncoderConfig(Protocol):
    """A validated encoder block."""

    def load(self) -> Encoder:
        """The encoder, ready. Raises WeightsError or ConfigError."""
        ...


def encoder_config(block: Mapping[str, Any]) -> EncoderConfig:
    """The validated config of an encoder's block; its `load()` gives the Encoder. Raises ConfigError."""
    kind = blocks.load_class(ENCODERS, block, tag="backend", what="encoder")
    config: EncoderConfig = blocks.build(kind, block, where=f"encoder block, backend {block['backend']}")
    return config
