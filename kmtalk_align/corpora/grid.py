"""Corpus `grid`: the GRID audiovisual sentence corpus from its own files, its faces followed in its videos.

Cooke, Barker, Cunningham, Shao: An audio-visual corpus for speech perception and automatic speech recognition, JASA
120(5), 2006. Under the root, a folder for each talker: ``<talker>/video/<sentence>.mpg`` and, with the times of its
words, ``<talker>/align/<sentence>.align``. A sentence's code has six letters and digits.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.aligners.base import Interval
from kmtalk_align.capture.face import MOUTH_OPENING
from kmtalk_align.capture.pool import WorkerPool
from kmtalk_align.corpora.conversion import check_apart, check_converted, convert_all, converted_folder
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.grid_splits import BENCHMARK, split_of
from kmtalk_align.corpora.grid_words import read_align
from kmtalk_align.corpora.listing import check_root
from kmtalk_align.corpora.splits import counts_by_split
from kmtalk_align.corpora.videos import VideoConversion, digest_of_source
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import AudioError, CaptureError, CorpusError
from kmtalk_align.files import write_bytes, write_bytes_if_changed

FPS = 25.0
DESCRIPTION = "GRID talkers; motion is 468 face points tracked in video by MediaPipe, not scanned."
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GridCorpus:
    """The config of GRID. root: the folder of talkers; converted: where what is made of them lies.

    include, exclude: utterance ids, ``<talker>_<sentence>``, or the path of a list of them.
    """

    name: str
    root: str
    type: str = "grid"
    converted: str | None = None
    shards: int = 8
    include: tuple[str, ...] | str = ()
    exclude: tuple[str, ...] | str = ()

    def root_folder(self) -> Path:
        """See CorpusConfig."""
        return converted_folder(self.name, self.converted)

    def needs_conversion(self) -> bool:
        """Always: it comes as video."""
        return True

    def convert(self, threads: int) -> None:
        """Follow the faces of what is new or has changed. Raises CorpusError, ConfigError."""
        check_apart(Path(self.root), self.root_folder())
        pool = WorkerPool()
        try:
            convert_all(GridConversion(Path(self.root), pool), self.root_folder(), threads=threads)
        finally:
            pool.close()

    def open(self) -> Corpus:
        """The converted corpus. Raises CorpusError where it has not been converted."""
        check_converted(self.root_folder())
        return FolderCorpus(
            name=self.name,
            root=str(self.root_folder()),
            fps=FPS,
            unit="metre",
            language="en",
            shards=self.shards,
            mouth_opening=MOUTH_OPENING,
            include=self.include,
            exclude=self.exclude,
            description=DESCRIPTION,
        ).open()


class GridConversion(VideoConversion):
    """How GRID's files become a folder corpus: videos as VideoConversion has them, and their words with times."""

    def __init__(self, root: Path, pool: WorkerPool) -> None:
        """List the files. Raises CorpusError where the root holds no video of a talker."""
        check_root(root)
        self._root = root
        videos = {f"{path.parents[1].name}_{path.stem}": path for path in sorted(root.glob("*/video/*.mpg"))}
        self._aligned = {f"{path.parents[1].name}_{path.stem}": path for path in sorted(root.glob("*/align/*.align"))}
        if not videos:
            raise CorpusError(
                "holds no <talker>/video/*.mpg",
                where=root.absolute(),
                fix="set corpus.root to the folder of GRID's talkers; where they are to be had is said in "
                "workflow/config/grid.yaml",
            )
        super().__init__(videos, FPS, pool)

    def utterance_ids(self) -> Sequence[str]:
        """Every clip that has a video or times of words."""
        return sorted({*self.videos, *self._aligned})

    def source(self, utterance_id: str) -> str:
        """The digests of video and words, and how the video is followed."""
        path = self._aligned.get(utterance_id)
        words = digest_of_source(path) if path else None
        video = super().source(utterance_id) if utterance_id in self.videos else None
        return f"{video}, words {words}"

    def convert(self, utterance_id: str, folder: Path) -> None:
        """Write transcripts/ and words/ where the words are known, and what VideoConversion writes."""
        path = self._aligned.get(utterance_id)
        transcript, table = folder / "transcripts" / f"{utterance_id}.txt", folder / "words" / f"{utterance_id}.csv"
        for one in (transcript, table):
            one.unlink(missing_ok=True)
        try:
            if utterance_id not in self.videos:
                raise CorpusError("has times of words and no video", where=utterance_id)
            words = read_align(path) if path else None
            super().convert(utterance_id, folder)
        except (CorpusError, CaptureError, AudioError) as error:
            # Where the corpus lies is no part of what is made of it.
            raise CorpusError(str(error).replace(f"{self._root}/", "")) from error
        if words is not None:
            write_bytes(transcript, (" ".join(word.label for word in words) + "\n").encode())
            write_bytes(table, _words_table(words))

    def finish(self, folder: Path) -> None:
        """Write the splits, and what VideoConversion writes; says how much of the benchmark is there."""
        super().finish(folder)
        splits: dict[str, list[str]] = {}
        for one in self.utterance_ids():
            splits.setdefault(split_of(*one.split("_", 1)), []).append(one)
        write_bytes_if_changed(folder / "splits.json", (json.dumps(splits, indent=1) + "\n").encode())
        there = set(self.utterance_ids())
        of_benchmark = ((split, one in there) for split, ids in BENCHMARK.items() for one in ids)
        _log.info("of the benchmark there are %s", counts_by_split(of_benchmark))


def _words_table(words: Sequence[Interval]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["start_s", "end_s", "word"])
    table.writerows([word.start_s, word.end_s, word.label] for word in words)
    return text.getvalue().encode()
