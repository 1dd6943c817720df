"""Recognisers by name. A backend's module is imported when a config names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.asr.base import Recogniser

RECOGNISERS = {
    "whisper": "kmtalk_align.asr.whisper:WhisperConfig",
    "faster_whisper": "kmtalk_align.asr.faster_whisper:FasterWhisperConfig",
    "auto_avsr": "kmtalk_align.asr.auto_avsr.config:AutoAvsrConfig",
    "wav2vec2": "kmtalk_align.asr.wav2vec2:Wav2Vec2Config",
    "command": "kmtalk_align.asr.command:CommandConfig",
    "reference": "kmtalk_align.asr.reference:ReferenceConfig",
}


def recogniser_config(block: Mapping[str, Any]) -> Any:
    """The validated config of a recogniser's block; its `load(threads)` gives the Recogniser. Raises ConfigError."""
    kind = blocks.load_class(RECOGNISERS, block, tag="backend", what="asr")
    return blocks.build(kind, block, where=f"asr block, backend {block['backend']}")


__all__ = ["RECOGNISERS", "Recogniser", "recogniser_config"]
