"""Handing a built corpus to other people's code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Root


@app.command("export-corpus")
def export_corpus(
    results: Annotated[Path, typer.Argument(help="The results of a corpus: results/<corpus>.")],
    root: Root,
    run: Annotated[str, typer.Option(help="The run whose key frames to take: ASR.ALIGNER.SELECTOR.")],
    output: Annotated[Path, typer.Option(help="The new folder to write.")],
) -> None:
    """Write a corpus with its key frames in the layout that FaceFormer, CodeTalker and SelfTalk read."""
    from kmtalk_align.export import export_corpus as export

    found = export(results, root, run, output)
    typer.echo(f"{output}: {len(found.clips)} utterances, {found.fallbacks} of them with fallback key frames", err=True)
    if found.excluded:
        typer.echo(f"{len(found.excluded)} are left out: {output / 'excluded.csv'} says why", err=True)
