"""The commands that show how experiments came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app


@app.command()
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Scored runs, results/<corpus>/runs/<experiment>, or JSONs of `evaluate`."),
    ],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "-o", "--output", help="A file to write: .svg, .png, .html, .md, .csv; may be given several times."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Of runs: the split that they were scored on.")] = "val",
    reference: Annotated[
        str | None, typer.Option(help="The system that the others are compared with; the first run if not given.")
    ] = None,
) -> None:
    """Put the figures of several runs side by side, with their intervals and their differences to the first."""
    from kmtalk_align.files import write_bytes
    from kmtalk_model.comparison_text import as_text
    from kmtalk_model.report.combine import combine
    from kmtalk_model.report.scored import evaluation_of
    from kmtalk_model.report.write import comparison_writer

    writers = {path: comparison_writer(path) for path in output or []}
    combined = combine([evaluation_of(one, split) for one in runs], reference)
    for path, make in writers.items():
        write_bytes(path, make(combined))
    typer.echo(as_text(combined.comparison), nl=False)


@app.command()
def robustness(
    results: Annotated[Path, typer.Argument(help="results/<corpus>, with evaluations and the tables of `quality`.")],
    experiment: Annotated[str, typer.Option(help="The experiment that was trained on several runs' key frames.")],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "-o", "--output", help="A file to write: .svg, .png, .html, .md, .csv; may be given several times."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="The split that the networks were scored on.")] = "val",
    run: Annotated[
        list[str] | None,
        typer.Option(
            help="A run, <asr>.<aligner>.<selector>; may be given several times. All that were scored if not."
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The run that the others are compared with; the first if not given.")
    ] = None,
) -> None:
    """Show how much an experiment depends on the recogniser, the aligner and the offset of its key frames."""
    from kmtalk_align.files import write_bytes
    from kmtalk_model.report.robustness import study_robustness
    from kmtalk_model.report.robustness_printed import as_text
    from kmtalk_model.report.write import robustness_writer

    writers = {path: robustness_writer(path) for path in output or []}
    study = study_robustness(results, experiment, split, run or [], reference)
    for path, make in writers.items():
        write_bytes(path, make(study))
    typer.echo(as_text(study), nl=False)


@app.command()
def curves(
    run: Annotated[Path, typer.Argument(help="A trained run: results/<corpus>/runs/<experiment>.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The picture to write, .svg or .png.")],
) -> None:
    """Draw how the training of a run's stages went: loss and validation error by epoch, and the epoch that was kept."""
    from kmtalk_align.files import write_bytes
    from kmtalk_model.report.curves import draw_curves
    from kmtalk_model.report.write import form_of

    write_bytes(output, draw_curves(run, form_of(output)))
    typer.echo(output)
