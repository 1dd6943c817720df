"""All stages that an experiment needs, in order; and the run that they make together."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.dataset import streams_of
from kmtalk_model.experiment import Experiment, Stage
from kmtalk_model.experiment_file import owner_in, read_chain
from kmtalk_model.recipe import STAGES, trained_before
from kmtalk_model.run_folder import Face, Run, RunFolder

_log = logging.getLogger(__name__)


def train_stages(path: Path, results: Path, root: Path, *, only: str | None, resume: bool, machine: Any) -> None:
    """Train the experiment in the file `path`, or its one stage `only`. A stage that is another experiment's, which it
    is based on, is trained there, and only where it is not there yet. machine: a training.train.Machine.

    Raises ConfigError for a wrong experiment, or a stage that it has not.
    """
    chain = read_chain(path)
    experiment = chain[0].experiment
    if only is not None and only not in STAGES:
        raise ConfigError(f"there is no stage {only!r}", where="--stage", fix=f"choose from: {', '.join(STAGES)}")
    corpus = CapturedCorpus(results, root)
    for stage in experiment.stages if only is None else (only,):
        folder = results / "runs" / owner_in(chain, stage) / stage
        if only is None and (folder / "stage.json").is_file() and folder.parent.name != path.stem:
            _log.info("%s: trained already, by the experiment %s", stage, folder.parent.name)
            continue
        before = [results / "runs" / owner_in(chain, one) / one for one in trained_before(experiment, stage)]
        train_one(experiment, stage, corpus, folder, before, resume=resume, machine=machine)


def train_one(
    experiment: Experiment,
    stage: Stage,
    corpus: CapturedCorpus,
    folder: Path,
    before: list[Path],
    *,
    resume: bool,
    machine: Any,
) -> None:
    """Train one stage, after those of `before`. Raises ArtefactError where one of them is not trained."""
    from kmtalk_model.training.train import train

    for one in before:
        if not (one / "stage.json").is_file():
            raise ArtefactError("is not trained yet", where=one, fix="train it first: leave --stage out, or name it")
    _log.info("%s: training in %s", stage, folder)
    train(experiment, stage, corpus, folder, decoder=before[0] if before else None, resume=resume, machine=machine)


def assemble(path: Path, results: Path) -> RunFolder:
    """Write run.json of the experiment in the file `path`: its stages, and all else that is needed to animate.

    Raises ArtefactError where a stage is not trained, or what it was made from is gone.
    """
    chain = read_chain(path)
    experiment = chain[0].experiment
    keys, folder = experiment.keys, results / "runs" / path.stem
    stages: dict[str, str] = {
        stage: os.path.relpath(results / "runs" / owner_in(chain, stage) / stage, folder) for stage in experiment.stages
    }
    aligner = _block(results / "textgrids" / f"{keys.asr}.{keys.aligner}")
    corpus = CapturedCorpus(results, results)
    said = corpus.results.corpus
    run = Run(
        name=path.stem,
        system=experiment.system,
        experiment=blocks.resolved(experiment),
        stages=stages,
        encoder=_block(results / "features" / experiment.audio.encoder),
        asr=_recogniser(results, keys.asr, aligner),
        aligner=aligner,
        selector=_block(results / "keyframes" / keys.name),
        resample=experiment.audio.resample,
        face=Face.of(said),
        corpus=corpus.name,
        description=corpus.results.description,
        streams=streams_of(experiment.audio),
        longest_clip_s=max(clip.n_frames / clip.fps for clip in corpus.split("train").clips.values()),
    )
    return RunFolder.write(folder, run, corpus.templates)


def _recogniser(results: Path, asr: str, aligner: Mapping[str, Any]) -> dict[str, Any]:
    """The block of the recogniser; where the user's own TextGrids need none, that of given transcripts."""
    return {"backend": "reference"} if aligner["backend"] == "textgrid" else _block(results / "transcripts" / asr)


def _block(folder: Path) -> dict[str, Any]:
    """The config block that made a folder of artefacts. Raises ArtefactError where it isn't there."""
    try:
        found: dict[str, Any] = json.loads((folder / blocks.BLOCK_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise ArtefactError(
            f"cannot be read ({error})", where=folder / blocks.BLOCK_FILE, fix="run snakemake"
        ) from error
    return found
