"""Clips of a corpus as animations: what a run predicts of them from what is cached, and what was captured.

`animate` takes a recording through the whole chain. Here everything but the networks' work is read from results/, so
that what is looked at is what `evaluate` scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import stage
from kmtalk_align.aligners.base import Alignment
from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError
from kmtalk_align.files import encode_id, relative
from kmtalk_align.results import Shard
from kmtalk_align.stage import Row
from kmtalk_model.animation import Animation, Sound
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.run_folder import Face, RunFolder

# Where captured motion lies, beside the folders of experiments.
CAPTURED = "captured"


def predict_clips(run: Path, root: Path, utterances: Sequence[str], output: Path, *, device: str = "cpu") -> list[Path]:
    """Write OUTPUT/<id>.npz for each utterance: what a run predicts of it. Gives the files.

    Raises ConfigError for an utterance that the corpus lacks or could not use, ArtefactError where the run, or what it
    hears, is missing.
    """
    from kmtalk_model.predictor import RunPredictor

    folder = RunFolder.load(run)
    corpus = CapturedCorpus(folder.folder.absolute().parents[1], root)
    predictor = RunPredictor(corpus, folder, device)
    clips = _Clips(corpus, predictor.keys.name)
    for one in utterances:
        if why := predictor.heard.missing.get(one):
            raise ConfigError(f"can't be predicted: {why}", where=one, fix="choose another utterance")
    predicted = predictor.predict([clips.utterance(one) for one in utterances])
    return [clips.write(output, one, vertices, folder.run.name) for one, vertices in predicted]


def captured_clips(results: Path, root: Path, utterances: Sequence[str], output: Path, *, run: str) -> list[Path]:
    """Write OUTPUT/<id>.npz for each utterance: its captured motion. Gives the files.

    run: ``<asr>.<aligner>.<selector>``, whose phones and key frames go with it. Raises ConfigError for an utterance
    that the corpus lacks or could not use, or an unknown run.
    """
    clips = _Clips(CapturedCorpus(results, root), run)
    corpus = clips.corpus
    return [clips.write(output, one, corpus.vertices(clips.utterance(one)), corpus.motion_name) for one in utterances]


class _Clips:
    """The clips of a corpus with the phones and key frames of one run: each table is read once."""

    def __init__(self, corpus: CapturedCorpus, run: str) -> None:
        [self._run] = corpus.results.runs([run])
        self.corpus = corpus

    def utterance(self, utterance_id: str) -> Utterance:
        row = self._rows.get(utterance_id)
        if row is None:
            raise ConfigError(
                "the corpus has no such utterance",
                where=f"{self.corpus.results.folder}: {utterance_id}",
                fix="give an utterance_id of the tables in corpus/",
            )
        if why := stage.failure(row):
            raise ConfigError(f"the utterance can't be used: {why}", where=utterance_id, fix="choose another utterance")
        return stage.utterance_of(row)

    def write(self, folder: Path, utterance_id: str, vertices: NDArray[np.floating], name: str) -> Path:
        path = folder / f"{encode_id(utterance_id)}.npz"
        self._animation(self.utterance(utterance_id), vertices, name, path).save(path)
        return path

    def _animation(self, clip: Utterance, vertices: NDArray[np.floating], name: str, path: Path) -> Animation:
        alignment, keys = self._alignments.get(clip.utterance_id), self._key_frames.get(clip.utterance_id)
        return Animation(
            vertices=np.asarray(vertices, np.float32),
            fps=clip.fps,
            template=self.corpus.template(clip),
            faces=np.array(self._face.faces, np.int32).reshape(-1, 3),
            unit=self._face.unit,
            key_frames=np.array(keys["key_frames"] if keys else [], np.int32),
            key_source=keys["source"] or "" if keys else "",
            words=alignment.words if alignment else (),
            phones=alignment.phones if alignment else (),
            regions=self._face.regions,
            # Relative to the file, so that two builds in two folders are equal.
            sound=Sound(relative(self.corpus.root / clip.audio_path, path.parent), _samples(clip)),
            name=name,
        )

    @cached_property
    def _face(self) -> Face:
        return Face.of(self.corpus.results.corpus)

    @cached_property
    def _shards(self) -> list[Shard]:
        return [Shard(self.corpus.results, name) for name in self.corpus.results.shards]

    @cached_property
    def _rows(self) -> dict[str, Row]:
        return {one: row for shard in self._shards for one, row in shard.utterances.items()}

    @cached_property
    def _alignments(self) -> dict[str, Alignment]:
        return {one: found for shard in self._shards for one, found in shard.alignments(self._run.aligned).items()}

    @cached_property
    def _key_frames(self) -> dict[str, Row]:
        return {one: row for shard in self._shards for one, row in shard.key_frames(self._run).items()}


def _samples(clip: Utterance) -> int:
    return round(clip.duration_s * SAMPLE_RATE)
