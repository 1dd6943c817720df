"""Commands that look at results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app


@app.command()
def summary(results: Annotated[Path, typer.Argument(help="The results of a corpus: results/<corpus>.")]) -> None:
    """Say how each run came out: failures, word error rate, key ratio, unknown words."""
    from kmtalk_align.quality import summarize
    from kmtalk_align.results import Results

    description = Results.open(results).description
    if description:
        typer.echo(description)
    runs = summarize(results)
    if not runs:
        typer.echo(f"no run has come to key frames yet; the logs under {results}/logs say why")
    for run in runs:
        sources = ", ".join(f"{number} {source}" for source, number in sorted(run.sources.items()))
        typer.echo(f"{run.name}\n  {run.utterances} utterances: {sources}")
        if run.missing_shards:
            typer.echo(f"  INCOMPLETE: {run.missing_shards} shards are missing; the logs under {results}/logs say why")
        rate = "" if run.word_error_rate is None else f"word error rate {run.word_error_rate:.1%}, "
        per_second = run.key_frames_per_spoken_s
        speech = "" if per_second is None else f", {per_second:.1f} key frames a second of speech"
        typer.echo(f"  {rate}key ratio {run.key_ratio:.3f}{speech}")
        if run.unknown_words:
            typer.echo(f"  pronounced by guess: {', '.join(sorted(run.unknown_words))}")
        for message in run.failures.values():
            typer.echo(f"  not aligned: {message}")


@app.command()
def quality(
    results: Annotated[Path, typer.Argument(help="The results of a corpus: results/<corpus>.")],
    output: Annotated[Path, typer.Option(help="The folder to write quality.html and its tables to.")],
    root: Annotated[
        Path | None, typer.Option(help="The corpus' root: its motion and word times are compared with the alignments.")
    ] = None,
    run: Annotated[
        list[str] | None, typer.Option(help="Only this run, <asr>.<aligner>.<selector>; may be given several times.")
    ] = None,
) -> None:
    """Report on the runs: clips to look at, disagreement, given times, the paper's premise; HTML and tables."""
    from kmtalk_align.quality.report import write_report

    made = write_report(results, root, output, run or ())
    for notice in made.notices:
        typer.echo(notice, err=True)
    typer.echo(f"{len(made.concerns)} clips have a reason to be looked at; see {output / 'quality.html'}", err=True)
