"""Corpora: one file a kind. Each gives a Corpus or a clear error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.corpus import Corpus

CORPORA = {
    "folder": "kmtalk_align.corpora.folder:FolderCorpus",
    "demo": "kmtalk_align.corpora.demo:DemoCorpus",
}


def open_corpus(block: Mapping[str, Any]) -> Corpus:
    """The corpus that a config block describes. Raises ConfigError or CorpusError."""
    kind = blocks.load_class(CORPORA, block, tag="type", what="corpus")
    opened: Corpus = blocks.build(kind, block, where="corpus block").open()
    return opened
