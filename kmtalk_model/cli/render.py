"""The commands that draw an animation: as a video, and as still figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_model.cli.options import Audio, Captured, Fps, Mesh, Result

if TYPE_CHECKING:
    from kmtalk_model.animation import Animation

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
    from kmtalk_model.render.camera import View
    from kmtalk_model.render.video import check_suffix, render_video

    check_suffix(output)
    found, beside = opened(result, captured, mesh, fps, audio)
    view = View(front=front, up=up, turn_deg=turn)
    render_video(found, output, captured=beside, view=view, height=height)
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
    from kmtalk_model.render.camera import View
    from kmtalk_model.render.figure import check_suffix, draw_figure

    check_suffix(output)
    found = [opened(one, None, mesh, fps, None)[0] for one in results]
    beside = opened(captured, None, mesh, fps, None)[0] if captured else None
    view = View(front=front, up=up, turn_deg=turn)
    draw_figure(found, output, captured=beside, at_s=at or (), view=view, height=height)
    typer.echo(output)


def opened(
    result: Path, captured: Path | None, mesh: Path | None, fps: float | None, audio: Path | None
) -> tuple[Animation, Animation | None]:
    """A result and the captured motion; --mesh and --fps are for those of them that are .npy."""
    from kmtalk_model.open_animation import open_animation

    npy = {one: one is not None and one.suffix == ".npy" for one in (result, captured)}
    # Where neither is, the result says that they are not for it.
    for_result = (mesh, fps) if npy[result] or not npy[captured] else (None, None)
    found = open_animation(result, mesh=for_result[0], fps=for_result[1], audio=audio)
    if captured is None:
        return found, None
    heard = audio or (Path(found.sound.path) if found.sound else None)
    for_captured = (mesh, fps) if npy[captured] else (None, None)
    return found, open_animation(captured, mesh=for_captured[0], fps=for_captured[1], audio=heard)
