"""Corpus `demo`: the synthesised sentences that come with the project, so that everything can be tried at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpus import Corpus

DEMO_ROOT = Path(__file__).parents[2] / "resources" / "demo"


@dataclass(frozen=True)
class DemoCorpus:
    """The config of the demo corpus: only its frame rate and the number of shards are open."""

    name: str
    type: str = "demo"
    fps: float = 25.0
    shards: int = 4

    def open(self) -> Corpus:
        """The embedded sentences as an audio corpus. Raises CorpusError where the clone is not whole."""
        return FolderCorpus(name=self.name, root=str(DEMO_ROOT), fps=self.fps, shards=self.shards).open()
