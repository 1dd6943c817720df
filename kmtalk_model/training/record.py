"""What made a trained stage, and the files that it leaves: weights, their config, a model card, stage.json."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from kmtalk_align.files import new_directory, write_bytes
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.dataset import ClipDataset
from kmtalk_model.experiment import Experiment, Stage
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.recipe import encoders_of, reads_transcripts, recipe
from kmtalk_model.training.card import model_card

_PACKAGES = ("kmtalk", "torch", "lightning", "numpy")


@dataclass(frozen=True)
class Record:
    """The content of stage.json: what it was made from, on what, and how it came out.

    recipe: of the stage, resolved; inputs: SHA-256 of the tables and features by path below results/<corpus>; clips:
    how many of each split were used; left_out: why others were not; lve: of its best weights by split, in squared
    units.
    """

    stage: Stage
    recipe: Mapping[str, Any]
    corpus: Mapping[str, Any]
    inputs: Mapping[str, str]
    clips: Mapping[str, int]
    left_out: Mapping[str, str]
    parameters: int
    packages: Mapping[str, str]
    machine: Mapping[str, Any]
    lve: Mapping[str, float]
    best_epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        stage: Stage,
        corpus: CapturedCorpus,
        clips: Mapping[str, ClipDataset],
        network: torch.nn.Module,
        decoder: Path | None,
    ) -> Record:
        """The record of a stage, without how it came out."""
        said = corpus.results.corpus
        return cls(
            stage=stage,
            recipe=recipe(experiment, stage),
            corpus={key: said.get(key) for key in ("name", "description", "unit", "fps", "vertex_count")},
            inputs=_digests(corpus, experiment, stage, decoder),
            clips={split: len(one) for split, one in clips.items()},
            left_out={name: why for one in clips.values() for name, why in one.left_out.items()},
            parameters=sum(one.numel() for one in network.parameters()),
            packages={name: version(name) for name in _PACKAGES},
            machine={
                "python": platform.python_version(),
                "platform": platform.platform(),
                "cores": os.cpu_count(),
                "threads": torch.get_num_threads(),
                "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            },
            lve={},
        )

    @property
    def identity(self) -> str:
        """A digest of what it is made from, by which training goes on only with what it began with."""
        made_from = [self.recipe, self.corpus, self.inputs]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()

    def trained(
        self, lve: Mapping[str, float], history: Sequence[Mapping[str, float]], best_epoch: int, seconds: float
    ) -> Record:
        """The same with how it came out; seconds: of this run, which may have gone on from another."""
        return replace(self, lve=lve, epochs=len(history), best_epoch=best_epoch, seconds=round(seconds, 1))


def finish(folder: Path, network: KeyMotionDecoder | MotionCompletion, record: Record) -> None:
    """Write the files of a trained stage, stage.json last: where it is, the stage is whole.

    Raises ArtefactError where they can't be written.
    """
    with new_directory(folder / ".saved") as saved:
        (saved / "README.md").write_text(model_card(record), encoding="utf-8")
        network.save_pretrained(saved)
        mode = (saved / "README.md").stat().st_mode
        for path in sorted(saved.iterdir()):
            path.chmod(mode)  # safetensors closes its file to others
            path.replace(folder / path.name)
    (folder / ".saved").rmdir()
    content = json.dumps(vars(record), indent=1, ensure_ascii=False, default=dict) + "\n"
    write_bytes(folder / "stage.json", content.encode())


def _digests(corpus: CapturedCorpus, experiment: Experiment, stage: Stage, decoder: Path | None) -> dict[str, str]:
    folders = ["corpus", f"keyframes/{experiment.keys.name}"]
    folders += [f"features/{encoder}" for encoder in encoders_of(experiment, stage)]
    if reads_transcripts(experiment, stage):
        folders.append(f"transcripts/{experiment.keys.asr}")
    root = corpus.results.folder
    shards = corpus.results.shards
    files = [path for folder in folders for shard in shards for path in sorted((root / folder).glob(f"{shard}.*"))]
    found = {str(path.relative_to(root)): _digest(path) for path in files}
    return found if decoder is None else found | {"first stage": _digest(decoder / "model.safetensors")}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
