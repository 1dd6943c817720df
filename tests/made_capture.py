"""Results of a corpus with captured motion, made by hand: one shard, known vertices, a tone of features."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from kmtalk_align.corpus import Motion, Utterance
from kmtalk_align.tables import ALIGNMENTS, CORPUS
from kmtalk_model.captured import CapturedCorpus

SHARD = "00000-of-00001"
FPS = 25.0
LIPS, UPPER_FACE, MOUTH_OPENING = (1, 2, 3), (4, 5), (1, 2)
VERTICES = 6
ALIGNED = "asr.aligner"
Phones = Sequence[tuple[float, float, str]]


def template(subject: str) -> NDArray[np.float32]:
    """A face of six vertices, another one for each subject."""
    return np.random.default_rng(len(subject)).normal(size=(VERTICES, 3)).astype(np.float32)


def motion(frames: int, seed: int, subject: str = "ann") -> NDArray[np.float32]:
    """Vertices (frames, 6, 3) that wander about a subject's template."""
    steps = np.random.default_rng(seed).normal(0, 0.02, (frames, VERTICES, 3))
    return (template(subject) + np.cumsum(steps, axis=0)).astype(np.float32)


def captured(
    folder: Path,
    clips: Mapping[str, tuple[str, str, NDArray[np.float32]]],
    *,
    phones: Mapping[str, Phones] | None = None,
    failed: Mapping[str, str] | None = None,
    **said: Any,
) -> CapturedCorpus:
    """A corpus of clips: id -> (split, subject, vertices (T, V, 3)). said: what corpus.json says otherwise."""
    root, results = folder / "root", folder / "results"
    (root / "vertices_npy").mkdir(parents=True)
    rows = []
    for one, (split, subject, vertices) in clips.items():
        np.save(root / "vertices_npy" / f"{one}.npy", vertices.reshape(len(vertices), -1))
        row = Utterance(one, subject, split, f"wav/{one}.wav", Motion(f"vertices_npy/{one}.npy", 0, len(vertices), 1))
        row = dataclasses.replace(row, n_frames=len(vertices), fps=FPS, duration_s=len(vertices) / FPS)
        rows.append(dataclasses.asdict(row.failed(failed[one]) if one in (failed or {}) and failed else row))
    CORPUS.write(results / "corpus" / f"{SHARD}.parquet", rows)
    subjects = {subject for _, subject, _ in clips.values()}
    save_file({subject: template(subject) for subject in subjects}, results / "corpus" / "templates.safetensors")
    summary: dict[str, Any] = {
        "name": "made",
        "unit": "metre",
        "fps": FPS,
        "vertex_count": VERTICES,
        "regions": {"lips": LIPS, "upper_face": UPPER_FACE},
        "mouth_opening": MOUTH_OPENING,
        "shards": [SHARD],
    }
    (results / "corpus" / "corpus.json").write_text(json.dumps(summary | said))
    if phones is not None:
        blank = {"score": None, "phone_set": None, "status": "ok", "message": ""}
        table = [
            blank | {"utterance_id": one, "tier": "phones", "start_s": start, "end_s": end, "label": label}
            for one, own in phones.items()
            for start, end, label in own
        ]
        ALIGNMENTS.write(results / "alignments" / ALIGNED / f"{SHARD}.parquet", table)
    return CapturedCorpus(results, root)
