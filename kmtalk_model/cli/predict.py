"""The commands that make animations of a corpus' clips, to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Root

Utterances = Annotated[list[str], typer.Option("--utterance", help="An utterance id; may be given several times.")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to write <id>.npz to.")]


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(help="A trained run: results/<corpus>/runs/<experiment>.")],
    root: Root,
    utterance: Utterances,
    output: Folder,
    device: Annotated[str, typer.Option(help="Where the networks run, as torch names it.")] = "cpu",
) -> None:
    """Animate utterances of the corpus from cached features and key frames, as `evaluate` scores them."""
    from kmtalk_model.predict import predict_clips

    for path in predict_clips(run, root, utterance, output, device=device):
        typer.echo(path)


@app.command()
def captured(
    results: Annotated[Path, typer.Argument(help="What was made of the corpus: results/<corpus>.")],
    root: Root,
    run: Annotated[str, typer.Option(help="ASR.ALIGNER.SELECTOR, whose phones and key frames go with the motion.")],
    utterance: Utterances,
    output: Folder,
) -> None:
    """Write the captured motion of utterances as animations, to look at beside what runs predict."""
    from kmtalk_model.predict import captured_clips

    for path in captured_clips(results, root, utterance, output, run=run):
        typer.echo(path)
