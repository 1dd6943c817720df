"""Corpus `demo`: the synthesised sentences that come with the project, so that everything can be tried at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.corpora.demo.folder import demo_folder
from kmtalk_align.corpora.demo.head import HEAD_FILE, load_head
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import ConfigError

DEMO_ROOT = Path(__file__).parents[3] / "resources" / "demo"
DESCRIPTION = (
    "Synthetic throughout: sentences spoken by a speech synthesiser, and motion computed from its phone times by a "
    "coarticulation model on a MakeHuman head. No person was recorded; figures measured here say nothing about real "
    "faces."
)


@dataclass(frozen=True)
class DemoCorpus:
    """The config of the demo corpus: only its frame rate and the number of shards are open."""

    name: str
    type: str = "demo"
    fps: float = 25.0
    shards: int = 4

    def root_folder(self) -> Path:
        """The folder of speech and motion in KMTalk's cache, made where it isn't there yet.

        Raises CorpusError where the clone is not whole, or the cache can't be written.
        """
        if not (self.fps > 0 and math.isfinite(self.fps)):
            raise ConfigError(f"fps is {self.fps}", where="corpus block", fix="fps is above 0")
        return demo_folder(DEMO_ROOT, self.fps, DESCRIPTION)

    def open(self) -> Corpus:
        """The embedded sentences with their motion. Raises as `root_folder`."""
        return FolderCorpus(
            name=self.name,
            root=str(self.root_folder()),
            fps=self.fps,
            shards=self.shards,
            mouth_opening=load_head(DEMO_ROOT / HEAD_FILE).mouth_opening,
            description=DESCRIPTION,
            motion_name="driven",
        ).open()
