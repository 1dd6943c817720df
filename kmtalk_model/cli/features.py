"""Audio features from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import Root, Threads

Shards = Annotated[list[Path], typer.Argument(help="Shards of the corpus: corpus/<shard>.parquet.")]
EncoderOption = Annotated[
    str, typer.Option("--encoder", help="Encoder: NAME[:MODEL] (whisper, wav2vec2, logmel) or a JSON block.")
]


@app.command()
def features(
    shards: Shards,
    root: Root,
    encoder: EncoderOption,
    output: Annotated[Path, typer.Option(help="The folder to write to: features/<encoder>.")],
    threads: Threads = 1,
) -> None:
    """Cache audio features: shards of the corpus -> the hidden states that the networks read.

    The encoder is loaded once for all shards; those that are there already are passed over.
    """
    from kmtalk_align import blocks
    from kmtalk_model.encoders import encoder_config
    from kmtalk_model.features import features as run

    config = encoder_config(blocks.parse(encoder, tag="backend"))
    blocks.check_block(output, config)
    loaded = config.load()  # before the block is stored: a mistake in it must not keep its name
    blocks.hold_to_block(output, config)
    run(shards, loaded, root, output, threads=threads)


@app.command()
def features_size(shards: Shards, encoder: EncoderOption) -> None:
    """Say how much disk the features of shards will take, without making them."""
    from kmtalk_align import blocks
    from kmtalk_align.tables import CORPUS
    from kmtalk_model.encoders import encoder_config
    from kmtalk_model.features import size_of

    loaded = encoder_config(blocks.parse(encoder, tag="backend")).load()
    size = size_of([row for shard in shards for row in CORPUS.read(shard)], loaded)
    for name, stream in loaded.streams.items():
        typer.echo(f"{name}: {stream.width} values, {stream.rate_hz:g} times a second")
    typer.echo(f"{size / 1e6:.1f} MB")
