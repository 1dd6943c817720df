"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Shard = Annotated[Path, typer.Argument(help="A shard of the corpus: corpus/<shard>.parquet.")]
Root = Annotated[Path, typer.Option(help="The corpus' root, which the paths in its tables are relative to.")]
Output = Annotated[Path, typer.Option(help="Where to write.")]
Asr = Annotated[
    str,
    typer.Option(
        help="Recogniser: NAME[:MODEL] (whisper, faster_whisper, wav2vec2, auto_avsr, command, reference) "
        "or a JSON block."
    ),
]
AlignerOption = Annotated[
    str, typer.Option("--aligner", help="Aligner: NAME (pocketsphinx, mfa, viter, textgrid) or a JSON block.")
]
SelectorOption = Annotated[str, typer.Option("--selector", help="Selector: NAME (phoneme, uniform, random) or JSON.")]
Threads = Annotated[int, typer.Option(min=1, help="Processor cores to use.")]
