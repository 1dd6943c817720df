"""Animations become a page to look at, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_model.cli.options import Audio, Captured, Fps, Mesh
from kmtalk_model.cli.render import Front, Up


@app.command()
def view(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT...",
            help="Animations of the same speech: .npz of `animate` or `predict`, or .npy with --mesh and --fps.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page to write, .html.")],
    captured: Captured = None,
    mesh: Mesh = None,
    fps: Fps = None,
    audio: Audio = None,
    front: Front = "z",
    up: Up = "y",
) -> None:
    """Write a page that shows animations with their sound, in any browser and offline.

    It plays at any speed, jumps to words, phones and key frames, and beside captured motion shows errors as colours.
    """
    from kmtalk_model.render.camera import View
    from kmtalk_model.viewer.write import write_page

    seen = View(front=front, up=up)
    typer.echo(write_page(results, output, captured=captured, mesh=mesh, fps=fps, audio=audio, view=seen))
