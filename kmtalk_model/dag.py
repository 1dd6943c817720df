"""What the Snakemake workflow asks of the package before any job runs. Nothing here may import torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.errors import ConfigError
from kmtalk_model import features
from kmtalk_model.encoders import encoder_config
from kmtalk_model.experiments import Experiments, TrainedStage
from kmtalk_model.predict import CAPTURED
from kmtalk_model.recipe import STAGES
from kmtalk_model.robustness import Study, study_of
from kmtalk_model.viewer import bundle

__all__ = [
    "CAPTURED",
    "STAGES",
    "VERSIONS",
    "Study",
    "TrainedStage",
    "check_encoders",
    "check_show",
    "check_training",
    "experiments_of",
    "mesh_digest",
    "runs_of",
    "study_of",
    "viewer_digest",
]

# See kmtalk_align.dag. Those of the networks stand here, since their modules import torch.
VERSIONS = {
    "features": features.VERSION,
    "train": 1,
    "assemble": 1,
    "evaluate": 1,
    "compare": 1,
    "curves": 2,
    "robustness": 1,
    "predict": 1,
    "captured": 1,
    "render": 1,
    "figure": 1,
    "view": 1,
}


def check_encoders(config: Mapping[str, Any], names: Iterable[str], results: Path, *, where: str) -> None:
    """Raise ConfigError where one of `names` is no encoder of a config, or its block is wrong.

    Raises ArtefactError where a block made features under the folder `results` with other settings.
    """
    for name in names:
        if name not in config.get("encoder", {}):
            raise ConfigError(
                f"there is no encoder block {name!r}",
                where=where,
                fix=f"choose from: {', '.join(config.get('encoder', {})) or '(none; add a section `encoder`)'}",
            )
        folder = results / config["corpus"]["name"] / "features" / name
        blocks.check_block(folder, encoder_config(config["encoder"][name]))


def experiments_of(config: Mapping[str, Any], default: Path) -> Experiments:
    """The experiments in the folder that a config names. Raises ConfigError where there is no such folder."""
    folder = Path(config.get("experiments", default))
    if not folder.is_dir():
        raise ConfigError("there is no such folder", where=f"config, experiments: {folder}", fix="make it")
    return Experiments(folder)


def runs_of(config: Mapping[str, Any], experiments: Experiments) -> list[tuple[str, dict[str, str]]]:
    """Where each experiment of `train`, and each combination of the robustness study, says so, and which recogniser,
    aligner and selector its key frames are by.

    Raises ConfigError where a file is missing or wrong.
    """
    named = ((name, experiments[name].keys) for name in config.get("train", []))
    study = study_of(config)
    return [
        *((f"experiment {name}, keys", _parts(keys.asr, keys.aligner, keys.selector)) for name, keys in named),
        *(("config, robustness", _parts(run.asr, run.aligner, run.selector)) for run in (study.runs if study else ())),
    ]


def _parts(asr: str, aligner: str, selector: str) -> dict[str, str]:
    return {"asr": asr, "aligner": aligner, "selector": selector}


def check_training(config: Mapping[str, Any], experiments: Experiments, results: Path) -> None:
    """Raise ConfigError where an experiment of `train`, or the robustness study's, isn't there or names an encoder that
    isn't there, or `test` names one that isn't trained. Raises ArtefactError as `check_encoders` does.
    """
    train = config.get("train", [])
    study = study_of(config)
    for name in (*train, *(study.experiments if study else ())):
        for stage in experiments.stages(name):
            check_encoders(config, experiments.encoders(stage), results, where=f"experiment {name}, {stage.stage}")
    for split, names in config.get("test", {}).items():
        for name in set(names) - set(train):
            raise ConfigError(
                f"{name!r} is not trained",
                where=f"config, test, {split}",
                fix=f"choose from: {', '.join(train) or '(none; name it under `train` too)'}",
            )


def check_show(config: Mapping[str, Any]) -> None:
    """Raise ConfigError where a config names utterances to look at, and nothing that predicts them."""
    if not config.get("show"):
        return
    train = config.get("train", [])
    if not train:
        raise ConfigError(
            "nothing is trained that could be shown", where="config, show", fix="name an experiment under `train`"
        )
    if CAPTURED in train:
        raise ConfigError(
            f"{CAPTURED!r} is what the captured motion is called beside predictions",
            where="config, train",
            fix="give the experiment another name",
        )


def viewer_digest() -> str:
    """A digest of the viewer's JavaScript, which every page holds."""
    return bundle.sources_digest()


def mesh_digest(corpus: Path) -> str:
    """A digest of what corpus.json says of the mesh and its motion, which training and scores go by."""
    said = json.loads(corpus.read_bytes())
    about = {key: said.get(key) for key in ("unit", "fps", "vertex_count", "faces", "regions", "mouth_opening")}
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
