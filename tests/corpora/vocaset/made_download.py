"""A made-up VOCASET in the layout of its download: four files, as Python 2 left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.corpora.vocaset.published import TEST, TRAIN, VAL
from tests.corpora.vocaset.python2_pickle import dumps

RATE = 22_000
SECONDS = 0.3
# So short that a recording is 18 frames long at 60 a second, 9 at 30.
FRAMES = 18
ANN, BEN = TRAIN[0], VAL[0]


def tone(seconds: float = SECONDS, rate: int = RATE) -> np.ndarray:
    """A recording as VOCASET has it: 16 bits."""
    return (8000 * np.sin(np.arange(round(seconds * rate)) * 0.1)).astype(np.int16)


@dataclass
class Download:
    """What the four files will hold; tests change it before it is written.

    table, audio: by subject and sequence; vertices (N, V, 3), whose number says which row it is.
    """

    vertices: np.ndarray
    table: dict[str, dict[str, Any]]
    audio: dict[str, dict[str, Any]]
    templates: dict[str, Any]
    protocols: Mapping[str, int] = field(default_factory=dict)

    def write(self, root: Path) -> Path:
        """Write the files into a folder."""
        root.mkdir(parents=True, exist_ok=True)
        np.save(root / "data_verts.npy", self.vertices)
        for name, content in (
            ("subj_seq_to_idx.pkl", self.table),
            ("raw_audio_fixed.pkl", self.audio),
            ("templates.pkl", self.templates),
        ):
            (root / name).write_bytes(dumps(content, self.protocols.get(name, 2)))
        return root


def made_download(
    *sequences: tuple[str, str],
    vertex_count: int = 12,
    frames: int = FRAMES,
    dtype: type = np.float64,
) -> Download:
    """Sequences of `frames` frames, whose rows follow one another in the table, with a tone each."""
    sequences = sequences or ((ANN, "sentence01"), (ANN, "sentence02"), (BEN, "sentence21"))
    rng = np.random.default_rng(0)
    found = Download(
        vertices=rng.standard_normal((len(sequences) * frames, vertex_count, 3)).astype(dtype),
        table={},
        audio={},
        templates={one: rng.standard_normal((vertex_count, 3)) for one in (*TRAIN, *VAL, *TEST)},
    )
    for number, (subject, sequence) in enumerate(sequences):
        first = number * frames
        found.table.setdefault(subject, {})[sequence] = {frame: first + frame for frame in range(frames)}
        recording = {"audio": tone(frames / 60), "sample_rate": RATE}
        found.audio.setdefault(subject, {})[sequence] = recording
    return found
