"""The commands that draw an animation: as a video, and as still figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_model.cli.options import Audio, Captured, Fps, Mesh, Result

Height = Annotated[int, typer.Option(min=32, max=2160, help="The height of a face's panel, in pixels.")]
Front = Annotated[str, typer.Option(help="The axis that points out of the face: x, y, z, -x, -y, -z.")]
Up = Annotated[str, typer.Option(help="The axis that points up.")]
Turn = Annotated[float, typer.Option(help="See the face from its left by so many degrees; below 0, from its right.")]


@app.command()
def render(
    result: Result,
    output: Annotated[Path, typer.Option("-o", "--output", help="OUT.mp4")],
    captured: Captured = None,
    mesh: Mesh = None,
    fps: Fps = None,
    audio: Audio = None,
    height: Height = 512,
    front: Front = "z",
    up: Up = "y",
    turn: Turn = 0.0,
) -> None:
    """Draw an animation as a video with sound; with --captured, prediction, captured and error side by side."""
    from kmtalk_model.open_animation import open_animations
    from kmtalk_model.render.camera import View
    from kmtalk_model.render.video import check_suffix, render_video

    check_suffix(output)
    found, *beside = open_animations([result, *([captured] if captured else [])], mesh=mesh, fps=fps, audio=audio)
    view = View(front=front, up=up, turn_deg=turn)
    render_video(found, output, captured=beside[0] if beside else None, view=view, height=height)
    typer.echo(output)


@app.command()
def figure(
    results: Annotated[list[Path], typer.Argument(help="Animations of one recording, .npz or .npy: a row for each.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="OUT.png, OUT.pdf or OUT.svg")],
    captured: Captured = None,
    at: Annotated[
        list[float] | None, typer.Option(help="A time in seconds; may be given several times. Else chosen by phones.")
    ] = None,
    mesh: Mesh = None,
    fps: Fps = None,
    height: Height = 400,
    front: Front = "z",
    up: Up = "y",
    turn: Turn = 0.0,
) -> None:
    """Draw animations at moments such as closures and open vowels; with --captured, errors and their mean too."""
    from kmtalk_model.open_animation import open_motions
    from kmtalk_model.render.camera import View
    from kmtalk_model.render.figure import check_suffix, draw_figure

    check_suffix(output)
    opened = open_motions([*results, *([captured] if captured else [])], mesh=mesh, fps=fps)
    found, beside = (opened[:-1], opened[-1]) if captured else (opened, None)
    view = View(front=front, up=up, turn_deg=turn)
    draw_figure(found, output, captured=beside, at_s=at or (), view=view, height=height)
    typer.echo(output)
