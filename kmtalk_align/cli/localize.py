"""One recording from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from kmtalk_align.cli.app import app
from kmtalk_align.cli.options import AlignerOption, Asr, SelectorOption, Threads

# A sentence can be too long for a file name, which asking for the file then says.
_LONGEST_FILE_NAME = 200


@app.command()
def localize(
    audio: Annotated[Path, typer.Argument(help="A recording: wav, flac, mp3, opus, mp4, ...")],
    transcript: Annotated[
        str | None,
        typer.Option(help="What is said, in the recogniser's language, or a text file of it: skips recognition."),
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
        transcript=text_of(transcript),
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


def text_of(transcript: str | None) -> str | None:
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
