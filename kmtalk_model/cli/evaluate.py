"""The command that measures how well motion is predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Root


@app.command()
def evaluate(
    runs: Annotated[list[Path], typer.Argument(help="Trained runs of a corpus: results/<corpus>/runs/<experiment>.")],
    root: Root,
    output: Annotated[Path, typer.Option(help="The JSON to write; the values of clips go beside it, as .parquet.")],
    results: Annotated[
        Path | None, typer.Option(help="results/<corpus>; the folder that holds runs/ of the first run if not given.")
    ] = None,
    split: Annotated[str, typer.Option(help="The clips to predict.")] = "testA",
    protocol: Annotated[str, typer.Option(help="codetalker, per_sequence or millimetre.")] = "codetalker",
    alignments: Annotated[
        str | None,
        typer.Option(help="ASR.ALIGNER, whose /p b m/ say where the lips must meet; the first run's if not given."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The system that the others are compared with; the first run if not given.")
    ] = None,
    probe: Annotated[
        bool, typer.Option(help="Also with zeroed, swapped and captured key motions, and another clip's audio.")
    ] = False,
    device: Annotated[str, typer.Option(help="Where the networks run, as torch names it.")] = "cpu",
) -> None:
    """Score runs by a named protocol, with intervals over clips, beside the mean pose and ridge regression.

    Both are fitted here on the split train, the regression from the features that the first run hears.
    """
    from kmtalk_align.files import check_writable
    from kmtalk_model.comparison_text import as_text
    from kmtalk_model.evaluate import Request, evaluate_runs, scores_path, write_comparison

    for path in (output, scores_path(output)):
        check_writable(path)
    request = Request(split, protocol, alignments, reference, probe)
    comparison = evaluate_runs(runs, root, request, results=results, device=device)
    write_comparison(comparison, output)
    typer.echo(as_text(comparison), nl=False)
