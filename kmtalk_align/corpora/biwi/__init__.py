"""Corpus `biwi`: BIWI's download as it is unpacked, or as CodeTalker's scripts process it, with the published split."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from kmtalk_align.corpora.biwi.conversion import BiwiConversion
from kmtalk_align.corpora.biwi.download import check_download
from kmtalk_align.corpora.biwi.published import SPLITS, UTTERANCE_IDS, missing
from kmtalk_align.corpora.conversion import (
    check_apart,
    check_converted,
    convert_all,
    converted_folder,
    is_folder_layout,
)
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.mesh import read_region
from kmtalk_align.corpora.splits import UNASSIGNED, counts_by_split, split_by_rule
from kmtalk_align.corpus import Corpus, Utterance
from kmtalk_align.errors import ConfigError

DESCRIPTION = (
    "BIWI, the 3-D audiovisual corpus of affective communication: sentences said with emotion. Each mesh is scaled to "
    "surface area 1, so that lengths are no millimetres."
)
FPS = 25.0
# The published loaders cut the longer of recording and motion, by however much (EvelynFan/FaceFormer).
_SLACK_FRAMES = 6
UNIT = "unit surface area"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BiwiCorpus:
    """The config of BIWI; frame rate, unit and splits are the published ones.

    root: the download, or a folder of wav/, vertices_npy/ and templates.pkl; converted: where the download is
    converted to, by default under the corpus' results; regions: by name, the path of a list of vertex indices;
    slack_frames, include, exclude, mouth_opening, description: as of a folder corpus.
    """

    name: str
    root: str
    type: str = "biwi"
    converted: str | None = None
    shards: int = 16
    slack_frames: int = _SLACK_FRAMES
    regions: Mapping[str, str] = field(default_factory=dict)
    mouth_opening: tuple[int, int] | None = None
    include: tuple[str, ...] | str = ()
    exclude: tuple[str, ...] | str = ()
    description: str = DESCRIPTION

    def needs_conversion(self) -> bool:
        """See ConvertedCorpus."""
        return not is_folder_layout(Path(self.root))

    def root_folder(self) -> Path:
        """See CorpusConfig."""
        return converted_folder(self.name, self.converted) if self.needs_conversion() else Path(self.root)

    def convert(self, threads: int) -> None:
        """Bring the download into the folder layout. Raises CorpusError where it is none, or nothing can be used."""
        root = Path(self.root)
        check_apart(root, self.root_folder())
        check_download(root)
        for name, path in self.regions.items():
            if not Path(path).is_file():
                raise ConfigError(
                    "there is no such file",
                    where=f"corpus block, regions, {name}: {path}",
                    fix="have it from CodeTalker's repository, BIWI/regions; metrics and losses go by it",
                )
        conversion = BiwiConversion(root)
        try:
            problems = convert_all(conversion, self.root_folder(), threads=threads)
        finally:
            conversion.close()
        found = ((split_by_rule(one, SPLITS), one not in problems) for one in UTTERANCE_IDS)
        _log.info("converted: %s", counts_by_split(found))

    def open(self) -> Corpus:
        """List the folder; what BIWI has or the published splits name and the folder lacks is listed too.

        Raises CorpusError where it is no corpus, or has not been converted yet.
        """
        folder = self.root_folder()
        if self.needs_conversion():
            check_converted(folder)
        corpus = FolderCorpus(
            name=self.name,
            root=str(folder),
            fps=FPS,
            unit=UNIT,
            slack_frames=self.slack_frames,
            shards=self.shards,
            mouth_opening=self.mouth_opening,
            include=self.include,
            exclude=self.exclude,
            splits=SPLITS,
            description=self.description,
        ).open(absent={one: str(missing(one)) for one in UTTERANCE_IDS})
        regions = {name: read_region(Path(path), corpus.vertex_count) for name, path in self.regions.items()}
        return dataclasses.replace(
            corpus, regions={**corpus.regions, **regions}, examine=partial(_examine, corpus.examine)
        )


def _examine(examine: Callable[[str], Utterance], utterance_id: str) -> Utterance:
    """As a folder corpus does it; sentences without emotion, which have the same numbers, are of no split."""
    utterance = examine(utterance_id)
    return utterance if utterance_id in UTTERANCE_IDS else dataclasses.replace(utterance, split=UNASSIGNED)
