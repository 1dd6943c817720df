"""The stages of the workflow as commands. Each is one library call, whose needs are imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import AlignerOption, Asr, Output, Root, SelectorOption, Shard, Threads

CorpusOption = Annotated[str, typer.Option(help="The corpus block of the config as JSON; demo, for the demo's.")]


@app.command()
def convert(corpus: CorpusOption, threads: Threads = 1) -> None:
    """Bring a corpus of another layout (vocaset, biwi, grid) into the folder layout. Goes on where it was."""
    from kmtalk_align import blocks
    from kmtalk_align.corpora import conversion_of, corpus_config
    from kmtalk_align.errors import ConfigError

    block = blocks.parse(corpus, tag="type")
    if not block.keys() & {"name", "converted"}:
        raise ConfigError(
            f"{corpus} says nothing of where to write to",
            where="--corpus",
            fix='give the block as JSON, with name or converted: {"type": "biwi", "root": "data/biwi", "name": "biwi"}',
        )
    config = corpus_config({"name": "corpus", **block})
    conversion = conversion_of(config)
    if conversion is None:
        typer.echo(f"{config.root_folder()}: lies in the folder layout already", err=True)
    else:
        conversion.convert(threads)
        typer.echo(config.root_folder())


@app.command()
def prepare(
    corpus: CorpusOption,
    output: Output,
    threads: Threads = 1,
) -> None:
    """Examine a corpus: corpus.json, templates, and a table of utterances for each shard."""
    from kmtalk_align import blocks
    from kmtalk_align.corpora import corpus_config
    from kmtalk_align.prepare import prepare as run

    config = corpus_config({"name": "corpus", **blocks.parse(corpus, tag="type")})
    counts = run(config.open(), output, n_shards=config.shards, threads=threads)
    typer.echo(f"{counts['ok']} utterances are ready, {counts['failed']} failed", err=True)


@app.command()
def transcribe(shard: Shard, root: Root, asr: Asr, output: Output, threads: Threads = 1) -> None:
    """Recognise what is said: a shard of the corpus -> its transcripts."""
    from kmtalk_align import blocks
    from kmtalk_align.asr import recogniser_config
    from kmtalk_align.shards import remove_other_cuts
    from kmtalk_align.transcribe import transcribe as run

    config = recogniser_config(blocks.parse(asr, tag="backend"))
    blocks.hold_to_block(output.parent, config)
    run(shard, config.load(threads), root, output)
    remove_other_cuts(output)


@app.command()
def align(
    shard: Shard,
    root: Root,
    output: Annotated[Path, typer.Option(help="The folder of TextGrids to write.")],
    status: Annotated[Path, typer.Option(help="The table to write: how each utterance came out.")],
    transcripts: Annotated[
        Path | None, typer.Option(help="transcripts/<asr>/<shard>.parquet; not for the aligner textgrid.")
    ] = None,
    aligner: AlignerOption = "pocketsphinx",
    model: Annotated[Path | None, typer.Option(help="What `train-aligner` wrote, for an aligner with `train`.")] = None,
) -> None:
    """Align words and phones with the sound: a shard and its transcripts -> TextGrids."""
    from kmtalk_align import blocks
    from kmtalk_align.align import align as run
    from kmtalk_align.aligners import aligner_config, trained
    from kmtalk_align.shards import remove_other_cuts

    config = aligner_config(blocks.parse(aligner, tag="backend"))
    blocks.hold_to_block(output.parent, config)
    ready = config if model is None else trained(config, model)
    run(shard, transcripts, ready.load(), root, output, status)
    remove_other_cuts(output)


@app.command()
def train_aligner(
    corpus: Annotated[Path, typer.Argument(help="The folder corpus/ that `prepare` wrote.")],
    transcripts: Annotated[Path, typer.Argument(help="The folder transcripts/<asr>.")],
    shards: Annotated[int, typer.Option(min=1, help="The number of shards.")],
    root: Root,
    aligner: Annotated[str, typer.Option(help="The aligner block as JSON, with its key train.")],
    output: Annotated[Path, typer.Option(help="The folder to write model.viter and training.json to.")],
    threads: Threads = 1,
) -> None:
    """Train an aligner on the corpus itself: all shards and their transcripts -> a model."""
    from kmtalk_align import blocks
    from kmtalk_align.aligners import aligner_config
    from kmtalk_align.aligners import trained as check
    from kmtalk_align.shards import shard_names
    from kmtalk_align.train_aligner import train_aligner as run

    config = aligner_config(blocks.parse(aligner, tag="backend"))
    check(config, output / "model.viter")
    blocks.hold_to_block(output, config)
    typer.echo(run(corpus, transcripts, shard_names(shards), config, root, output, threads), err=True)


@app.command()
def parse(
    shard: Shard,
    textgrids: Annotated[Path, typer.Argument(help="The folder of TextGrids that `align` wrote.")],
    status: Annotated[Path, typer.Option(help="The table that `align` wrote beside it.")],
    output: Output,
    corrections: Annotated[
        Path | None, typer.Option(help="A folder of TextGrids that go before the made ones.")
    ] = None,
) -> None:
    """Read TextGrids, or your corrections of them, into a table."""
    from kmtalk_align.parse import parse as run
    from kmtalk_align.shards import remove_other_cuts

    run(shard, textgrids, status, corrections, output)
    remove_other_cuts(output)


@app.command()
def keyframes(
    shard: Shard,
    alignments: Annotated[Path, typer.Argument(help="alignments/<asr>.<aligner>/<shard>.parquet.")],
    output: Output,
    selector: SelectorOption = "phoneme",
) -> None:
    """Choose key frames: a shard and its alignments -> key frame indices."""
    from kmtalk_align import blocks
    from kmtalk_align.keyframes import write_key_frames
    from kmtalk_align.selectors import selector as make
    from kmtalk_align.shards import remove_other_cuts

    made = make(blocks.parse(selector, tag="kind"))
    blocks.hold_to_block(output.parent, made)
    write_key_frames(shard, alignments, made, output)
    remove_other_cuts(output)
