"""A run over a folder corpus by the workflow's own functions, for tests of what reads results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kmtalk_align.align import align
from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.aligners.textgrid import TextGridConfig
from kmtalk_align.asr.reference import Reference
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpus import Corpus
from kmtalk_align.keyframes import write_key_frames
from kmtalk_align.parse import parse
from kmtalk_align.prepare import prepare
from kmtalk_align.selectors import PhonemeSelector
from kmtalk_align.shards import shard_names
from kmtalk_align.textgrid import write_textgrid
from kmtalk_align.transcribe import transcribe

RUN = "reference.own.phoneme"
SHARDS = 2
WORDS = (Interval(0.1, 0.3, "cat", None),)
PHONES = (Interval(0.1, 0.2, "K", -7.5), Interval(0.2, 0.3, "AE1", -8.25), Interval(0.3, 0.36, "T", None))


def opened(root: Path, **changes: Any) -> Corpus:
    """The folder corpus at `root`, at 25 fps unless it is said otherwise."""
    config = {"name": "made_up", "unit": "metre", "mouth_opening": (4, 5), "description": "Random vertices."}
    return FolderCorpus(**config | changes, root=str(root)).open()


def build_run(
    folder: Path, root: Path, *, unaligned: tuple[str, ...] = (), transcripts: bool = True, **changes: Any
) -> Path:
    """Prepare to key frames over the corpus at `root`, with a TextGrid for all but `unaligned`; gives results/<corpus>.

    A shard in which all utterances lack a TextGrid would be an error of `align`.
    """
    corpus, results, own = opened(root, **changes), folder / "results" / "made_up", folder / "own"
    own.mkdir()
    for utterance_id in set(corpus.utterance_ids) - set(unaligned):
        write_textgrid(own / f"{utterance_id}.TextGrid", Alignment(WORDS, PHONES, 0.4))
    prepare(corpus, results / "corpus", n_shards=SHARDS)
    for shard in shard_names(SHARDS):
        table, grids = results / "corpus" / f"{shard}.parquet", results / "textgrids" / "reference.own" / shard
        status, alignments = grids.with_name(f"{shard}.status.parquet"), results / "alignments" / "reference.own"
        if transcripts:
            transcribe(table, Reference(), root, results / "transcripts" / "reference" / table.name)
        align(table, None, TextGridConfig(str(own)).load(), root, grids, status)
        parse(table, grids, status, None, alignments / table.name)
        write_key_frames(table, alignments / table.name, PhonemeSelector(), results / "keyframes" / RUN / table.name)
    return results
