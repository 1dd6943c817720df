"""A folder corpus made up in FaceFormer's layout: tones, and random motion of 12 vertices at 25 frames per second."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np

IDS = ("ann_sentence01", "ann_sentence02", "ben_sentence01")


def add_utterance(
    utterance_id: str,
    *,
    root: Path,
    seconds: float = 0.4,
    rows: int | None = 10,
    transcript: str | None = "the cat sat",
) -> Path:
    """Add one utterance to the corpus at `root`, which is given back.

    A tone in wav/, `rows` frames of motion unless None, and a transcript unless None.
    """
    import soundfile

    (root / "wav").mkdir(parents=True, exist_ok=True)
    tone = 0.3 * np.sin(np.arange(round(seconds * 16_000)) * 0.1)
    soundfile.write(root / "wav" / f"{utterance_id}.wav", tone, 16_000)
    if rows is not None:
        (root / "vertices_npy").mkdir(exist_ok=True)
        motion = np.random.default_rng(0).standard_normal((rows, 36)).astype(np.float32)
        np.save(root / "vertices_npy" / f"{utterance_id}.npy", motion)
    if transcript is not None:
        (root / "transcripts").mkdir(exist_ok=True)
        (root / "transcripts" / f"{utterance_id}.txt").write_text(transcript, encoding="utf-8")
    return root


def build_corpus(*ids: str, root: Path, motion: bool = True, splits: dict[str, list[str]] | None = None) -> Path:
    """Build a whole corpus of subjects ann and ben at `root`, which is given back."""
    for utterance_id in ids or IDS:
        add_utterance(utterance_id, root=root, rows=10 if motion else None)
    if motion:
        templates = {"ann": np.arange(36.0).reshape(12, 3), "ben": np.arange(36.0).reshape(12, 3) / 2}
        (root / "templates.pkl").write_bytes(pickle.dumps(templates, 2))
        np.savez(root / "mesh.npz", faces=np.array([[0, 1, 2], [9, 10, 11]]))
        (root / "regions").mkdir(exist_ok=True)
        (root / "regions" / "lips.txt").write_text("3, 1, 2")
    if splits is not None:
        (root / "splits.json").write_text(json.dumps(splits))
    return root
