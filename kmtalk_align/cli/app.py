"""The command itself: every other module here adds commands to it."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From speech to key frames. One recording: localize. A data set: snakemake, which calls the other steps.",
)


def main() -> None:
    """Run the command; an error of KMTalk is one line on standard error and exit status 1."""
    import logging
    import signal

    from kmtalk_align.errors import KMTalkError

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpx2", "faster_whisper", "numba"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # Ended by Snakemake, a command ends what it started, and takes its temporary files with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        app()
    except KMTalkError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
