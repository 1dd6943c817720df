"""Alignment by speaker as commands, for an aligner that adapts to one: group, align each, gather by shard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import AlignerOption, Output, Root, Shard

Status = Annotated[Path, typer.Option(help="The table to write: how each utterance came out.")]


@app.command()
def speakers(
    corpus: Annotated[Path, typer.Argument(help="The folder corpus/ that `prepare` wrote.")],
    transcripts: Annotated[Path, typer.Argument(help="The folder transcripts/<asr>.")],
    shards: Annotated[int, typer.Option(min=1, help="The number of shards.")],
    output: Output,
) -> None:
    """Put the utterances of all shards together by speaker: a table for each, and speakers.json."""
    from kmtalk_align.shards import shard_names
    from kmtalk_align.speakers import group

    group(corpus, transcripts, shard_names(shards), output)


@app.command()
def align_speaker(
    speaker: Annotated[Path, typer.Argument(help="A table that `speakers` wrote: speakers/<asr>/<speaker>.parquet.")],
    root: Root,
    output: Annotated[Path, typer.Option(help="The folder of TextGrids to write.")],
    status: Status,
    aligner: AlignerOption = "mfa",
) -> None:
    """Align all that a speaker says, together: words -> TextGrids."""
    from kmtalk_align import blocks
    from kmtalk_align.aligners import aligner_config
    from kmtalk_align.speakers import align_speaker as run

    config = aligner_config(blocks.parse(aligner, tag="backend"))
    blocks.hold_to_block(output.parents[1], config)
    run(speaker, config.load(), root, output, status)


@app.command()
def gather(
    shard: Shard,
    speakers: Annotated[Path, typer.Argument(help="The folder speakers/<asr>.<aligner>.")],
    transcripts: Annotated[Path, typer.Option(help="transcripts/<asr>/<shard>.parquet.")],
    output: Annotated[Path, typer.Option(help="The folder of TextGrids to write.")],
    status: Status,
    aligner: AlignerOption = "mfa",
) -> None:
    """Take the TextGrids of a shard from those of its speakers."""
    from kmtalk_align import blocks
    from kmtalk_align.aligners import aligner_config
    from kmtalk_align.shards import remove_other_cuts
    from kmtalk_align.speakers import gather as run

    blocks.hold_to_block(output.parent, aligner_config(blocks.parse(aligner, tag="backend")))
    run(shard, transcripts, speakers, output, status)
    remove_other_cuts(output)
