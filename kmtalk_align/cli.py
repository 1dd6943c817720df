"""The steps from speech to key frames as commands. Each is one library call, whose needs are imported when it runs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From speech to key frames. One recording: localize. A data set: snakemake, which calls the other steps.",
)

# A sentence can be too long for a file name, which asking for the file then says.
_LONGEST_FILE_NAME = 200

Shard = Annotated[Path, typer.Argument(help="A shard of the corpus: corpus/<shard>.parquet.")]
Root = Annotated[Path, typer.Option(help="The corpus' root, which the paths in its tables are relative to.")]
Output = Annotated[Path, typer.Option(help="Where to write.")]
Asr = Annotated[
    str, typer.Option(help="Recogniser: NAME[:MODEL] (whisper, faster_whisper, reference) or a JSON block.")
]
AlignerOption = Annotated[
    str, typer.Option("--aligner", help="Aligner: NAME (pocketsphinx, textgrid) or a JSON block.")
]
SelectorOption = Annotated[str, typer.Option("--selector", help="Selector: NAME (phoneme, uniform, random) or JSON.")]
Threads = Annotated[int, typer.Option(min=1, help="Processor cores to use.")]


@app.command()
def prepare(
    corpus: Annotated[str, typer.Option(help="The corpus block as JSON, or TYPE (demo).")],
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
) -> None:
    """Align words and phones with the sound: a shard and its transcripts -> TextGrids."""
    from kmtalk_align import blocks
    from kmtalk_align.align import align as run
    from kmtalk_align.aligners import aligner_config
    from kmtalk_align.shards import remove_other_cuts

    config = aligner_config(blocks.parse(aligner, tag="backend"))
    blocks.hold_to_block(output.parent, config)
    run(shard, transcripts, config.load(), root, output, status)
    remove_other_cuts(output)


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


@app.command()
def localize(
    audio: Annotated[Path, typer.Argument(help="A recording: wav, flac, mp3, opus, mp4, ...")],
    transcript: Annotated[
        str | None, typer.Option(help="What is said, or a text file of it: skips recognition.")
    ] = None,
    textgrid_in: Annotated[Path | None, typer.Option(help="Phones in time: skips recognition and alignment.")] = None,
    asr: Asr = "faster_whisper:tiny.en",
    aligner: AlignerOption = "pocketsphinx",
    fps: Annotated[float, typer.Option(min=1e-3, help="Frames per second of the animation.")] = 25.0,
    selector: SelectorOption = "phoneme",
    textgrid: Annotated[Path | None, typer.Option(help="Write the alignment here.")] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="Write the result here, not to the screen.")] = None,
    threads: Threads = 2,
) -> None:
    """The whole chain for one recording: its key frames, as JSON."""
    from kmtalk_align import blocks
    from kmtalk_align.errors import ConfigError
    from kmtalk_align.files import check_writable, write_bytes
    from kmtalk_align.localize import localize as run
    from kmtalk_align.selectors import selector as make
    from kmtalk_align.textgrid import write_textgrid

    if transcript is not None and textgrid_in is not None:
        raise ConfigError("--transcript and --textgrid-in exclude each other", fix="a TextGrid holds the words already")
    for path in (textgrid, json_path):
        if path is not None:
            check_writable(path)
    found = run(
        audio,
        asr=blocks.parse(asr, tag="backend"),
        aligner=blocks.parse(aligner, tag="backend"),
        selector=make(blocks.parse(selector, tag="kind")),
        fps=fps,
        transcript=_text_of(transcript),
        textgrid=textgrid_in,
        threads=threads,
    )
    if textgrid is not None:
        write_textgrid(textgrid, found.alignment)
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in found.as_json().items()]
    text = "{\n" + ",\n".join(lines) + "\n}"
    if json_path is not None:
        write_bytes(json_path, (text + "\n").encode())
    else:
        typer.echo(text)


@app.command()
def summary(results: Annotated[Path, typer.Argument(help="The results of a corpus: results/<corpus>.")]) -> None:
    """Say how each run came out: failures, word error rate, key ratio, unknown words."""
    from kmtalk_align.quality import summarize

    runs = list(summarize(results))
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
def doctor(
    download: Annotated[
        str | None, typer.Option(help="Fetch the weights of BACKEND:MODEL if they aren't here.")
    ] = None,
    can_recognise: Annotated[
        str | None, typer.Option(help="Say nothing; exit with 0 if the recogniser BACKEND:MODEL loads, else with 1.")
    ] = None,
) -> None:
    """Say what this machine can use, and how to mend what it can't."""
    from kmtalk_align import doctor as room

    if can_recognise is not None:
        raise typer.Exit(0 if room.can_recognise(can_recognise) else 1)
    missing = False
    for finding in room.examine(download=download):
        typer.echo(f"{'ok ' if finding.usable else '-- '} {finding.kind:20} {finding.name:24} {finding.detail}")
        if finding.mend:
            typer.echo(f"       mend: {finding.mend}")
        missing |= download is not None and finding.kind == "weights" and not finding.usable
    raise typer.Exit(1 if missing else 0)


def _text_of(transcript: str | None) -> str | None:
    """A transcript option: the text of a file where it names one, else itself.

    Raises ConfigError for what looks like a file and can't be read: a path is never spoken.
    """
    from kmtalk_align.errors import ConfigError

    if transcript is None:
        return None
    named = Path(transcript)
    looks_like_a_file = named.suffix.lower() in (".txt", ".lab") or (os.sep in transcript and " " not in transcript)
    try:
        if looks_like_a_file or named.exists():
            return named.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        if looks_like_a_file or len(transcript) < _LONGEST_FILE_NAME:
            raise ConfigError(
                f"cannot be read as UTF-8 text ({error})",
                where=f"--transcript {transcript}",
                fix="give text or its file",
            ) from error
    return transcript


def main() -> None:
    """Run the command; an error of KMTalk is one line on standard error and exit status 1."""
    import logging

    from kmtalk_align.errors import KMTalkError

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpx2", "faster_whisper", "numba"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        app()
    except KMTalkError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
