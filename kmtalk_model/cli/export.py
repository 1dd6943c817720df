"""Animations to other tools, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_model.cli.options import Audio, Fps, Mesh, Result


@app.command()
def export(
    result: Result,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write; for obj and ply, a new folder.")],
    to: Annotated[
        str | None, typer.Option(help="gltf, obj, ply, usd, npy or csv (ARKit); by the output's suffix if not given.")
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(help="gltf: how far a vertex may lie off, in the result's unit; 1/8000 of the face if not given."),
    ] = None,
    metres_per_unit: Annotated[
        float | None, typer.Option(help="gltf, usd: how long the result's unit is, where its name doesn't say.")
    ] = None,
    basis: Annotated[
        Path | None,
        typer.Option(help="csv: ARKit's shapes on the result's mesh: .npz, or a folder with neutral.obj, jawOpen.obj."),
    ] = None,
    mesh: Mesh = None,
    fps: Fps = None,
    audio: Audio = None,
) -> None:
    """Write an animation for other tools: glTF, OBJ or PLY sequences, USD, .npy, or ARKit weights as Live Link Face."""
    from kmtalk_align.files import refuse_input
    from kmtalk_model.export.export import export as write
    from kmtalk_model.export.formats import choose_format
    from kmtalk_model.open_animation import open_animation

    options = {"tolerance": tolerance, "metres_per_unit": metres_per_unit, "basis": basis}
    chosen = choose_format(output, to, options)
    refuse_input(output, result)
    animation = open_animation(result, mesh=mesh, fps=fps, audio=audio)
    for line in write(animation, output, chosen, tolerance=tolerance, metres_per_unit=metres_per_unit, basis=basis):
        typer.echo(line, err=True)


@app.command()
def visemes(
    alignment: Annotated[Path, typer.Argument(help="Phones in time: a TextGrid, or an animation that has them, .npz.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="OUT.tsv or OUT.json, as Rhubarb Lip Sync's.")],
    set_: Annotated[str, typer.Option("--set", help="oculus (15 visemes) or rhubarb (A-H, X).")] = "oculus",
    phone: Annotated[
        list[str] | None, typer.Option(help="PHONE=VISEME, for a phone that is not known; may be given several times.")
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="The recording: where the last viseme ends.")] = None,
) -> None:
    """Write the visemes of an alignment: which shape the mouth has, from when to when."""
    from kmtalk_model.export.visemes.write import write_visemes

    cues = write_visemes(alignment, output, visemes=set_, phones=phone or (), audio=audio)
    typer.echo(f"{output}: {len(cues)} cues of {len({one.viseme for one in cues})} visemes", err=True)
