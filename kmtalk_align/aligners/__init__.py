"""Aligners by name. A backend's module is imported when a config names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmtalk_align import blocks

ALIGNERS = {
    "mfa": "kmtalk_align.aligners.mfa.config:MfaConfig",
    "pocketsphinx": "kmtalk_align.aligners.pocketsphinx:PocketsphinxConfig",
    "textgrid": "kmtalk_align.aligners.textgrid:TextGridConfig",
}


def aligner_config(block: Mapping[str, Any]) -> Any:
    """The validated config of an aligner's block; its `load()` gives the Aligner. Raises ConfigError."""
    kind = blocks.load_class(ALIGNERS, block, tag="backend", what="aligner")
    return blocks.build(kind, block, where=f"aligner block, backend {block['backend']}")
