"""Aligner `textgrid`: the user's own TextGrids, by hand or from any tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.aligners.base import Aligned, OneByOne
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError
from kmtalk_align.files import find_for_id
from kmtalk_align.textgrid import read_textgrid


@dataclass(frozen=True)
class TextGridConfig:
    """folder: holds `<utterance id>.TextGrid`, the id percent-encoded or as it is."""

    folder: str
    backend: str = "textgrid"

    def load(self) -> TextGrids:
        """The aligner. Raises AlignmentError where there is no such folder."""
        if not Path(self.folder).is_dir():
            raise AlignmentError("there is no such folder", where=f"aligner block, folder {self.folder}")
        return TextGrids(Path(self.folder))


class TextGrids(OneByOne):
    """Reads each utterance's TextGrid; needs neither words nor sound."""

    needs_words = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def align(self, utterance: Utterance, words: Sequence[str], sound: Callable[[], Samples]) -> Aligned:
        """See OneByOne.align."""
        path = find_for_id(self._folder, utterance.utterance_id, ".TextGrid")
        if path is None:
            raise AlignmentError("has no TextGrid", where=utterance.utterance_id, fix=f"add it to {self._folder}")
        return Aligned(read_textgrid(path, duration_s=utterance.duration_s))
