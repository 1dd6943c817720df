"""Corpus `vocaset`: VOCASET as it is downloaded, or as FaceFormer's process_voca_data.py leaves it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.conversion import (
    check_apart,
    check_converted,
    convert_all,
    converted_folder,
    is_folder_layout,
)
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.vocaset import flame
from kmtalk_align.corpora.vocaset.conversion import VocasetConversion
from kmtalk_align.corpora.vocaset.download import open_download
from kmtalk_align.corpora.vocaset.published import SPLITS, missing, published_ids
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import ConfigError

_STORED_FPS = 60.0
# The frame rate that lengths of recording and motion give lies between 59 and 61, and the shorter of the two counts
# (TimoBolkart/voca, issue 5): three frames in six seconds, and as many again to be safe.
_SLACK_FRAMES = 6


@dataclass(frozen=True)
class VocasetCorpus:
    """The config of VOCASET.

    root: the folder of the download, or of wav/ and vertices_npy/, which count where both are there; converted: where
    the download is brought into that layout; fps: a divisor of the stored 60; masks: FLAME_masks.pkl; template:
    FLAME_sample.ply or another mesh of FLAME's; both are looked for beside the data where left out; slack_frames and
    the rest: as of a folder corpus.
    """

    name: str
    root: str
    type: str = "vocaset"
    converted: str | None = None
    fps: float = 30.0
    slack_frames: int = _SLACK_FRAMES
    language: str = "en"
    shards: int = 16
    masks: str | None = None
    template: str | None = None
    mouth_opening: tuple[int, int] | None = None
    include: tuple[str, ...] | str = ()
    exclude: tuple[str, ...] | str = ()
    description: str = ""

    def needs_conversion(self) -> bool:
        """See ConvertedCorpus."""
        return not is_folder_layout(Path(self.root))

    def root_folder(self) -> Path:
        """See CorpusConfig. Raises ConfigError where the frame rate can't be had."""
        self._stride()
        if not self.needs_conversion():
            return Path(self.root)
        return converted_folder(self.name, self.converted)

    def convert(self, threads: int) -> None:
        """See ConvertedCorpus."""
        folder = self.root_folder()
        check_apart(Path(self.root), folder)
        download = open_download(Path(self.root))
        regions, faces = self._flame(download.shape[1])
        convert_all(VocasetConversion(download, regions, faces), folder, threads=threads)

    def open(self) -> Corpus:
        """See CorpusConfig."""
        root = self.root_folder()
        if self.needs_conversion():
            check_converted(root)
        corpus = FolderCorpus(
            name=self.name,
            root=str(root),
            fps=self.fps,
            unit="metre",
            language=self.language,
            motion_stride=self._stride(),
            slack_frames=self.slack_frames,
            mouth_opening=self.mouth_opening,
            include=self.include,
            exclude=self.exclude,
            splits=SPLITS,
            description=self.description,
        ).open(absent={one: str(missing(one)) for one in published_ids()})
        if self.needs_conversion():
            return corpus  # which has written down what the FLAME files say
        regions, faces = self._flame(corpus.vertex_count)
        return replace(corpus, regions={**regions, **corpus.regions}, faces=faces)

    def _flame(self, vertex_count: int) -> tuple[dict[str, list[int]], NDArray[np.int32] | None]:
        """Regions and faces, as far as there are FLAME's files."""
        root = Path(self.root)
        masks = flame.find_masks(root, self.masks)
        regions = flame.read_regions(masks, vertex_count) if masks else {}
        return regions, flame.read_faces(root, self.template, vertex_count)

    def _stride(self) -> int:
        """Every how many frames one is taken."""
        if not (self.fps > 0 and math.isfinite(self.fps) and (_STORED_FPS / self.fps).is_integer()):
            raise ConfigError(
                f"fps is {self.fps:g}, which does not divide the 60 frames a second that VOCASET has",
                where="corpus block",
                fix="take 30, as the papers do, or 60, 20, 15",
            )
        return int(_STORED_FPS / self.fps)
