"""The files of VOCASET's training data as they are downloaded, opened and checked as far as they concern all sequences.

data_verts.npy         (N, V, 3): every frame of every sequence, 60 a second
subj_seq_to_idx.pkl    {subject: {sequence: {frame: row of data_verts}}}
raw_audio_fixed.pkl    {subject: {sequence: {"audio": (S,), "sample_rate": Hz}}}
templates.pkl          {subject: (V, 3)}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.data_pickle import number, read_pickle
from kmtalk_align.corpora.listing import check_root
from kmtalk_align.corpora.motions import mapped
from kmtalk_align.corpora.templates import read_templates
from kmtalk_align.errors import CorpusError

VERTICES, TABLE, AUDIO, TEMPLATES = "data_verts.npy", "subj_seq_to_idx.pkl", "raw_audio_fixed.pkl", "templates.pkl"
_WHERE_TO_GET = "root is the folder of VOCASET's training data (the largest of its downloads), unpacked"
# Subject and sequence make a file's name; the subject of an utterance is all before its last underscore.
_SUBJECT, _SEQUENCE = re.compile(r"[A-Za-z0-9][\w.-]{0,80}", re.ASCII), re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,80}")


@dataclass(frozen=True)
class Download:
    """The four files: what `table` and `audio` hold by utterance id, templates (V, 3) by subject.

    shape: (N, V, 3), of data_verts.npy.
    """

    root: Path
    shape: tuple[int, int, int]
    table: Mapping[str, Any]
    audio: Mapping[str, Any]
    templates: Mapping[str, NDArray[np.float32]]

    def vertices(self) -> NDArray[np.floating]:
        """data_verts.npy mapped into memory anew: what was read of it counts as memory for as long as this is held."""
        found: NDArray[np.floating] = np.load(self.root / VERTICES, mmap_mode="r", allow_pickle=False)
        return found

    def rows(self, utterance_id: str) -> NDArray[np.int64]:
        """The rows of a sequence in the order of its frames. Raises CorpusError where a frame is missing.

        A gap would let the motion run ahead of the sound. VOCA's own loader takes none either: it asks for the
        predecessor of each frame (utils/data_handler.py, `compute_window_array_idx`).
        """
        where = f"{TABLE}: {utterance_id}"
        frames = self.table[utterance_id]
        if not isinstance(frames, dict) or not frames:
            raise CorpusError("holds no dict of frame to row", where=where)
        try:
            pairs = [(number(frame), number(row)) for frame, row in frames.items()]
        except Exception as error:  # as malformed as its file
            raise CorpusError(f"is malformed ({type(error).__name__}: {error})", where=where) from error
        if not all(isinstance(one, int) for pair in pairs for one in pair):
            raise CorpusError("holds frames or rows that are not whole numbers", where=where)
        ordered = sorted(pairs)
        for expected, (frame, row) in enumerate(ordered):
            if frame != expected:
                raise CorpusError(
                    f"frame {expected} is missing (the next is {frame}), so that motion and sound would drift apart",
                    where=where,
                )
            if not 0 <= row < self.shape[0]:  # type: ignore[operator]
                raise CorpusError(f"frame {frame} is row {row}; {VERTICES} has {self.shape[0]}", where=where)
        return np.array([row for _, row in ordered], np.int64)


def open_download(root: Path) -> Download:
    """Open the four files. Raises CorpusError where one is missing, malformed, would run code, or does not fit."""
    check_root(root)
    for name in (VERTICES, TABLE, AUDIO, TEMPLATES):
        if not (root / name).is_file():
            raise CorpusError("is missing", where=root / name, fix=_WHERE_TO_GET)
    templates = read_templates(root / TEMPLATES)
    shape = _shape(root / VERTICES)
    vertex_count = len(next(iter(templates.values())))
    if shape[1] != vertex_count:
        raise CorpusError(
            f"has {shape[1]} vertices, {TEMPLATES} {vertex_count}",
            where=root / VERTICES,
            fix="they do not belong together",
        )
    return Download(root, shape, _by_utterance(root / TABLE), _by_utterance(root / AUDIO), templates)


def _shape(path: Path) -> tuple[int, int, int]:
    try:
        found = mapped(path)
    except CorpusError as error:
        raise CorpusError(error.what, where=path, fix="was the download whole?") from error
    if found.ndim != 3 or found.shape[2] != 3 or found.dtype.kind != "f" or not found.flags.c_contiguous:
        raise CorpusError(f"has shape {found.shape} of {found.dtype}, not (frames, V, 3) floats in C order", where=path)
    frames, vertices, axes = found.shape
    return frames, vertices, axes


def _by_utterance(path: Path) -> dict[str, Any]:
    """What {subject: {sequence: value}} holds, by `<subject>_<sequence>`."""
    loaded = read_pickle(path, absent=_WHERE_TO_GET)
    if not isinstance(loaded, dict) or not all(isinstance(sequences, dict) for sequences in loaded.values()):
        raise CorpusError("is not of the form {subject: {sequence: ...}}", where=path)
    found = {}
    for subject, sequences in loaded.items():
        for sequence, value in sequences.items():
            for name, kind in ((subject, _SUBJECT), (sequence, _SEQUENCE)):
                if not isinstance(name, str) or not kind.fullmatch(name):
                    raise CorpusError(
                        f"names a subject or sequence {name!r}, which can't be part of a file's name", where=path
                    )
            found[f"{subject}_{sequence}"] = value
    return found
