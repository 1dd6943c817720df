"""Options that the commands share which show or export an animation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Result = Annotated[
    Path, typer.Argument(help="An animation: .npz of `animate` or `predict`, or .npy with --mesh and --fps.")
]
Mesh = Annotated[Path | None, typer.Option(help="For a .npy: its template and faces, .ply or .obj.")]
Fps = Annotated[float | None, typer.Option(help="For a .npy: its frames a second.")]
Audio = Annotated[Path | None, typer.Option(help="The recording, where it is not found by itself.")]
Captured = Annotated[
    Path | None, typer.Option(help="The captured motion beside it: .npz of `kmtalk captured`, or .npy; shows errors.")
]
