"""The commands that train: a stage of an experiment, and the run that its stages make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Root

ExperimentFile = Annotated[Path, typer.Argument(help="The YAML of an experiment: workflow/experiments/*.yaml.")]
ResultsOption = Annotated[Path, typer.Option(help="What was made of the corpus: results/<corpus>.")]


@app.command()
def train(
    experiment: ExperimentFile,
    results: ResultsOption,
    root: Root,
    stage: Annotated[
        str | None, typer.Option(help="single_stage, key_motion or completion. Not given: all that are needed.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on after the last epoch of training that was broken off.")] = False,
    accelerator: Annotated[str, typer.Option(help="cpu, gpu, mps or auto.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many of them train at once.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read clips; 0: none beside the training.")] = 0,
) -> None:
    """Train the networks of an experiment, from cached features and key frames.

    Writes to RESULTS/runs/<experiment>/<stage>. Stages that the experiment shares with its base are not trained again.
    """
    from kmtalk_model.training.machine import Machine
    from kmtalk_model.training.run import train_stages

    machine = Machine(accelerator, devices, workers)
    train_stages(experiment, results, root, only=stage, resume=resume, machine=machine)


@app.command()
def assemble(experiment: ExperimentFile, results: ResultsOption) -> None:
    """Put trained stages together: run.json, with all that is needed to animate."""
    from kmtalk_model.training.run import assemble as run

    typer.echo(run(experiment, results).folder, err=True)
