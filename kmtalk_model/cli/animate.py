"""A recording becomes an animation, from the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.localize import text_of
from kmtalk_align.cli.options import Threads

if TYPE_CHECKING:
    from kmtalk_model.animation import Animation


@app.command()
def animate(
    audio: Annotated[Path, typer.Argument(help="A recording: wav, flac, mp3, opus, mp4, ...")],
    run: Annotated[Path, typer.Option(help="A trained run: results/<corpus>/runs/<experiment>.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="OUT.npz: everything; OUT.npy: vertices (T, V * 3) alone, as FaceFormer's tools."
        ),
    ],
    template: Annotated[
        Path | None, typer.Option(help="The face to move: .ply, .obj or .npy in the run's topology and unit.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="The subject of the run to move. Neither: the mean of its subjects.")
    ] = None,
    transcript: Annotated[
        str | None,
        typer.Option(help="What is said, in the recogniser's language, or a text file of it: skips recognition."),
    ] = None,
    textgrid_in: Annotated[Path | None, typer.Option(help="Phones in time: skips recognition and alignment.")] = None,
    fps: Annotated[float | None, typer.Option(help="Frames per second; the run's own where not given.")] = None,
    device: Annotated[str, typer.Option(help="Where the networks run, as torch names it.")] = "cpu",
    threads: Threads = 2,
) -> None:
    """Animate a face by a recording: recognition, alignment, audio features, both networks.

    Says how long each stage took, the loading of its models included.
    """
    from kmtalk_align.errors import ConfigError
    from kmtalk_align.files import check_writable
    from kmtalk_model.animation import check_suffix
    from kmtalk_model.inference import Animator
    from kmtalk_model.stopwatch import Stopwatch

    if transcript is not None and textgrid_in is not None:
        raise ConfigError("--transcript and --textgrid-in exclude each other", fix="a TextGrid holds the words already")
    check_suffix(output)
    check_writable(output)
    animator = Animator.from_run(run, device=device, threads=threads)
    watch = Stopwatch()
    watch.seconds["start"] = _age_s()
    found = animator(
        audio,
        template=template,
        subject=subject,
        transcript=text_of(transcript),
        textgrid=textgrid_in,
        fps=fps,
        watch=watch,
    )
    with watch("write"):
        found.save(output)
    for stage, seconds in watch.seconds.items():
        typer.echo(f"{stage:12} {seconds:6.2f} s", err=True)
    typer.echo(f"{output}: {_summary(found, _age_s())}", err=True)


def _summary(animation: Animation, seconds: float) -> str:
    length = f"{animation.n_frames} frames of {animation.vertices.shape[1]} vertices at {animation.fps:g} fps"
    keys = f"{len(animation.key_frames)} key frames ({animation.key_source})"
    speed = f"{animation.duration_s / seconds:.1f} times as fast as it plays"
    return f"{length}, {keys}; {animation.duration_s:.1f} s made in {seconds:.1f} s, {speed}"


def _age_s() -> float:
    """Seconds since this process began: imports count too."""
    import psutil

    return time.time() - float(psutil.Process().create_time())
