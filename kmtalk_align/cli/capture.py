"""The motion of a talking head from video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Threads


@app.command()
def capture(
    videos: Annotated[
        list[Path], typer.Argument(help="Talking heads, one face each, with sound: mp4, mov, mpg, webm, ...")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder corpus to make, or to add to, if this made it.")
    ],
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second of the motion.")] = 25.0,
    threads: Threads = 1,
) -> None:
    """Follow the faces in videos: a folder corpus of 468 points, ready for prepare. Goes on where it was."""
    from kmtalk_align.corpora.videos import QUALITY_FILE
    from kmtalk_align.corpora.videos import capture as run

    problems = run(videos, output, fps=fps, threads=threads)
    usable = f"{len(videos) - sum(path.stem in problems for path in videos)} of {len(videos)} videos can be used"
    typer.echo(f"{usable}; how well faces were followed: {output / QUALITY_FILE}", err=True)
    typer.echo(output)
