"""Aligners by name. A backend's module is imported when a config names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.errors import ConfigError

ALIGNERS = {
    "mfa": "kmtalk_align.aligners.mfa.config:MfaConfig",
    "pocketsphinx": "kmtalk_align.aligners.pocketsphinx:PocketsphinxConfig",
    "textgrid": "kmtalk_align.aligners.textgrid:TextGridConfig",
    "viter": "kmtalk_align.aligners.viter.config:ViterConfig",
}


def aligner_config(block: Mapping[str, Any]) -> Any:
    """The validated config of an aligner's block; its `load()` gives the Aligner. Raises ConfigError."""
    kind = blocks.load_class(ALIGNERS, block, tag="backend", what="aligner")
    return blocks.build(kind, block, where=f"aligner block, backend {block['backend']}")


def trained(config: Any, model: Path) -> Any:
    """The config of an aligner that is trained, with its model. Raises ConfigError for one that isn't trained."""
    if not hasattr(config, "with_model"):
        raise ConfigError(
            "is not trained, and takes no model",
            where=f"aligner block, backend {config.backend}",
            fix="leave out --model, or use viter with its key train",
        )
    return config.with_model(model)
