"""A corpus that a tiny network learns in a second, as results/ holds it, and experiments over it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from kmtalk_align.blocks import BLOCK_FILE
from kmtalk_align.tables import FEATURE_STATUS, KEY_FRAMES, TRANSCRIPTS
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.encoders.base import Stream
from kmtalk_model.experiment_file import merge
from kmtalk_model.feature_cache import Made, status_path, write_features
from tests.made_capture import FPS, SHARD, VERTICES, captured, template

# Of different lengths, so that batches are padded.
FRAMES = {"a": 20, "b": 26, "c": 17, "d": 23, "e": 20, "f": 22, "g": 18}
SPLITS = {"a": "train", "b": "train", "c": "train", "d": "train", "e": "train", "f": "val", "g": "val"}
SELECTED = "asr.aligner.phoneme"
EARS, TEACHER = "ears", "teacher"
MIXING = np.random.default_rng(1).normal(size=(8, 3 * VERTICES)).astype(np.float32)

NETWORK: dict[str, Any] = {
    "width": 8,
    "heads": 2,
    "dropout": 0.1,
    "decoder_layers": 1,
    "components": 4,
    "context_layers": 1,
    "context_kernel": 3,
}
LOSSES: dict[str, Any] = {"reconstruction": 1000, "velocity": 1000, "latent": 0, "ctc": 0, "lips": 100, "dynamics": 10}
TRAINING: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 2,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "warmup_steps": 2,
    "weight_decay": 0.01,
    "accumulate": 1,
    "clip": None,
    "average": 0,
    "precision": "32-true",
    "feature_noise": 0.1,
    "feature_mask": 0.5,
}
DECODER: dict[str, Any] = {
    "network": NETWORK | {"memory": "audio", "positions": False},
    "losses": LOSSES,
    "training": TRAINING,
    "lip_reading": None,
    "supervision": "pseudo_complete",
}
COMPLETION: dict[str, Any] = {
    "method": "network",
    "network": NETWORK | {"encoder_layers": 1, "cross_layers": 1, "fusion_kernel": 3, "audio_guidance": True},
    "losses": LOSSES,
    "training": TRAINING,
    "key_source": "ground_truth",
    "mixed": 0.5,
    "noise": 0,
}
EXPERIMENT: dict[str, Any] = {
    "preset": "default",
    "seed": 3,
    "system": "kmtalk",
    "key_motions_from": "key_motion",
    "keys": {"asr": "asr", "aligner": "aligner", "selector": "phoneme", "train_on_fallback": True},
    "audio": {"encoder": EARS, "resample": "interpolate", "fine_tune": None},
    "key_motion": DECODER,
    "completion": COMPLETION,
    "single_stage": DECODER,
}
LIP_READING: dict[str, Any] = {
    "teacher": TEACHER,
    "stream": "ctc",
    "text": "transcript",
    "vocabulary": 6,
    "blank": 0,
    "width": 8,
    "heads": 2,
    "layers": 1,
    "feed_forward": 8,
}


def motion_of(clip: str, subject: str = "ann") -> NDArray[np.float32]:
    """Vertices (T, 6, 3) of a clip, in smooth motion that two numbers say."""
    times = np.arange(FRAMES[clip]) / FPS
    generator = np.random.default_rng(ord(clip))
    curves = np.sin(6 * times[:, None] + generator.uniform(0, 6, 2))
    ways = np.random.default_rng(0).normal(0, 0.05, (2, VERTICES * 3))
    return (template(subject) + (curves @ ways).reshape(-1, VERTICES, 3)).astype(np.float32)


def corpus(folder: Path, *, sources: Mapping[str, str] | None = None, **said: Any) -> CapturedCorpus:
    """Seven clips with key frames, features that say what the motion is, a teacher's, and transcripts.

    sources: where the key frames of a clip are from; `failed` for none.
    """
    clips = {one: (split, "ann", motion_of(one)) for one, split in SPLITS.items()}
    found = captured(folder, clips, **said)
    results = found.results.folder
    write_keys(results, sources or {})
    offsets = {one: (vertices - template("ann")).reshape(len(vertices), -1) for one, (_, _, vertices) in clips.items()}
    save_features(results / "features" / EARS, {one: own @ MIXING.T * 10 for one, own in offsets.items()}, "tone")
    save_features(results / "features" / TEACHER, {one: own @ MIXING.T for one, own in offsets.items()}, "ctc", (1, 2))
    say(results, list(FRAMES))
    for block in (f"features/{EARS}", "transcripts/asr", "textgrids/asr.aligner", f"keyframes/{SELECTED}"):
        (results / block).mkdir(parents=True, exist_ok=True)
        (results / block / BLOCK_FILE).write_text(json.dumps({"backend": block}))
    return found


def write_keys(results: Path, sources: Mapping[str, str]) -> None:
    """Key frames of all clips: the first, every fourth, and the last."""
    rows = []
    for one, frames in FRAMES.items():
        source = sources.get(one, "phoneme")
        failed = {"key_frames": [], "source": None, "status": "failed", "message": f"{one}: no keys"}
        well = {"key_frames": sorted({*range(0, frames, 4), frames - 1}), "source": source, "status": "ok"}
        rows.append(
            {"utterance_id": one, "fps": FPS, "n_frames": frames, "message": ""}
            | (failed if source == "failed" else well)
        )
    KEY_FRAMES.write(results / "keyframes" / SELECTED / f"{SHARD}.parquet", rows)


def save_features(
    folder: Path, clips: Mapping[str, NDArray[np.floating]], stream: str, heard: Sequence[int] | None = None
) -> None:
    """Features (T, d), one token a frame, and what a CTC network heard; clips that are not given failed."""
    tensors = {f"{one}/{stream}": np.asarray(own, np.float16) for one, own in clips.items()}
    width = next(iter(tensors.values())).shape[1]
    write_features(folder, SHARD, tensors, Made({stream: Stream(width, FPS, 0.0)}, "ears", "", 1))
    spoken = {"ctc_ids": heard and list(heard), "ctc_text": heard and "ab"}
    failed = {"ctc_ids": None, "ctc_text": None, "status": "failed"}
    FEATURE_STATUS.write(
        status_path(folder, SHARD),
        [
            {"utterance_id": one}
            | (spoken | {"status": "ok", "message": ""} if one in clips else failed | {"message": f"{one}: too loud"})
            for one in FRAMES
        ],
    )


def say(results: Path, well: Sequence[str]) -> None:
    """Transcripts of two words; clips that are not `well` failed."""
    blank = {"text": None, "words": [], "language": None, "model": "m", "status": "failed", "message": "is silent"}
    spoken = {"text": "an ox", "words": ["an", "ox"], "language": "en", "model": "m", "status": "ok", "message": ""}
    rows = [{"utterance_id": one} | (spoken if one in well else blank) for one in FRAMES]
    TRANSCRIPTS.write(results / "transcripts" / "asr" / f"{SHARD}.parquet", rows)


def write_experiment(folder: Path, name: str = "tiny", base: str | None = None, **changes: Any) -> Path:
    """The file of an experiment: the tiny one with changes, or what changes of another beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(merge({"base": base} if base else EXPERIMENT, changes)))
    return path


def training(**changes: Any) -> dict[str, Any]:
    """Changes of the training of all stages."""
    return {stage: {"training": changes} for stage in ("key_motion", "completion", "single_stage")}
