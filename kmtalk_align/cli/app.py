"""The command itself: every other module here adds commands to it."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From speech to key frames, and to a moving face. One recording: localize, animate. A data set: snakemake, "
    "which calls the other steps.",
)


class _WithoutPandas:
    """A finder of modules that hides pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


@app.callback()
def _spare_pandas() -> None:
    """Keep pyarrow from loading pandas to ask whether a list is one of its kinds: a third of a short job's time.

    It looks for pandas once, the first time that it makes an array; whoever else imports pandas gets it.
    """
    import pyarrow

    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        pyarrow.array([])
    finally:
        sys.meta_path.remove(finder)


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
    except OSError as error:
        # What no command tells better: a name that is too long, a disk that is full, a file that is not for us.
        place = f"{error.filename}: " if error.filename is not None else ""
        typer.echo(f"error: {place}{error.strerror or error}", err=True)
        sys.exit(1)
