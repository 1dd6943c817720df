"""Corpora: one module or folder a kind. Each gives a Corpus or a clear error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from kmtalk_align import blocks
from kmtalk_align.corpora.conversion import ConvertedCorpus
from kmtalk_align.corpus import Corpus

CORPORA = {
    "folder": "kmtalk_align.corpora.folder:FolderCorpus",
    "demo": "kmtalk_align.corpora.demo:DemoCorpus",
    "vocaset": "kmtalk_align.corpora.vocaset:VocasetCorpus",
    "biwi": "kmtalk_align.corpora.biwi:BiwiCorpus",
    "grid": "kmtalk_align.corpora.grid:GridCorpus",
}


class CorpusConfig(Protocol):
    """A validated corpus block."""

    @property
    def shards(self) -> int:
        """Into how many portions the work is cut."""
        ...

    def root_folder(self) -> Path:
        """The folder that paths in the corpus' tables are relative to. Raises CorpusError where it can't be had.

        Of a corpus that has to be converted it is the folder of the conversion, be it there or not.
        """
        ...

    def open(self) -> Corpus:
        """List the corpus. Raises CorpusError where it is none."""
        ...


def corpus_config(block: Mapping[str, Any]) -> CorpusConfig:
    """The validated config of a corpus block; its `open()` gives the Corpus. Raises ConfigError."""
    kind = blocks.load_class(CORPORA, block, tag="type", what="corpus")
    config: CorpusConfig = blocks.build(kind, block, where="corpus block")
    return config


def conversion_of(config: Any) -> ConvertedCorpus | None:
    """A corpus' config where its files have to be converted before it can be opened, else None."""
    needed: bool = hasattr(config, "needs_conversion") and config.needs_conversion()
    return config if needed else None
