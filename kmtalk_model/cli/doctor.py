"""The command that looks at the machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from kmtalk_align.cli.app import app

if TYPE_CHECKING:
    from kmtalk_align.finding import Finding


@app.command()
def doctor(
    download: Annotated[
        str | None, typer.Option(help="Fetch the weights of BACKEND:MODEL if they aren't here.")
    ] = None,
    can_recognise: Annotated[
        str | None, typer.Option(help="Say nothing; exit with 0 if the recogniser BACKEND:MODEL loads, else with 1.")
    ] = None,
    can_show: Annotated[
        str | None,
        typer.Option(help="video or page: exit with 0 if it can be made, else say what to do and exit with 1."),
    ] = None,
) -> None:
    """Say what this machine can use, and how to mend what it can't."""
    from kmtalk_align import doctor as room

    if can_recognise is not None:
        raise typer.Exit(0 if room.can_recognise(can_recognise) else 1)
    if can_show is not None:
        raise typer.Exit(_can_show(can_show))
    missing = False
    for finding in chain(room.examine(download=download), () if download else _shown()):
        typer.echo(f"{'ok ' if finding.usable else '-- '} {finding.kind:20} {finding.name:24} {finding.detail}")
        if finding.mend:
            typer.echo(f"       mend: {finding.mend}")
        missing |= download is not None and finding.kind == "weights" and not finding.usable
    raise typer.Exit(1 if missing else 0)


def _shown() -> Iterator[Finding]:
    """What results can be shown by: videos and pages."""
    from kmtalk_model.render import machine
    from kmtalk_model.viewer import bundle

    yield machine.finding()
    yield bundle.finding()


def _can_show(name: str) -> int:
    from kmtalk_align.errors import ConfigError

    found = {one.name: one for one in _shown()}
    if name not in found:
        raise ConfigError("can't be looked for", where=f"--can-show {name}", fix=f"choose from: {', '.join(found)}")
    if not found[name].usable:
        typer.echo(f"no {name} can be made: {found[name].detail}; to mend it: {found[name].mend}")
    return 0 if found[name].usable else 1
