"""The command that measures how well motion is predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli import app
from kmtalk_align.cli.options import Root
from kmtalk_model.resample import Resampling


@app.command()
def evaluate(
    results: Annotated[Path, typer.Option(help="The results of a corpus: results/<corpus>.")],
    root: Root,
    encoder: Annotated[str, typer.Option(help="Whose features the ridge regression hears: features/<encoder>.")],
    output: Annotated[Path, typer.Option(help="The JSON to write; the values of clips go beside it, as .parquet.")],
    split: Annotated[str, typer.Option(help="The clips to predict.")] = "testA",
    protocol: Annotated[str, typer.Option(help="codetalker, per_sequence or millimetre.")] = "codetalker",
    alignments: Annotated[
        str | None, typer.Option(help="ASR.ALIGNER, whose /p b m/ say where the lips must meet.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="The system that the others are compared with.")] = None,
    resample: Annotated[Resampling, typer.Option(help="How the features become frames.")] = "interpolate",
) -> None:
    """Score the mean pose and ridge regression, fitted here, by a named protocol; intervals are over clips."""
    from kmtalk_align.files import check_writable
    from kmtalk_model.captured import CapturedCorpus
    from kmtalk_model.comparison_text import as_text
    from kmtalk_model.evaluate import Request, compare_with_rivals, hearing, scores_path, write_comparison
    from kmtalk_model.feature_cache import FeatureCache

    for path in (output, scores_path(output)):
        check_writable(path)
    corpus = CapturedCorpus(results, root)
    features = FeatureCache(results / "features" / encoder)
    request = Request(split, protocol, alignments, reference)
    comparison = compare_with_rivals(corpus, hearing(features, resample), features.failures(), [], request)
    write_comparison(comparison, output)
    typer.echo(as_text(comparison), nl=False)
