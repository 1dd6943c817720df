"""Which file is written how, by its suffix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable
from kmtalk_align.plotting import FORMATS
from kmtalk_model.report.combine import Combined
from kmtalk_model.report.comparison_plot import as_picture
from kmtalk_model.report.comparison_tables import as_csv, as_markdown, as_page

_COMPARISONS: dict[str, Callable[[Combined], bytes]] = {
    **{form: partial(as_picture, form=form) for form in FORMATS},
    "html": as_page,
    "md": as_markdown,
    "csv": as_csv,
}


def comparison_writer(path: Path) -> Callable[[Combined], bytes]:
    """What makes the content of a file. Raises ConfigError for an unknown suffix, ArtefactError where it can't be
    written: before long work.
    """
    return _COMPARISONS[_known(path, tuple(_COMPARISONS))]


def form_of(path: Path) -> str:
    """The format of a picture. Raises as `comparison_writer`."""
    return _known(path, FORMATS)


def _known(path: Path, suffixes: tuple[str, ...]) -> str:
    suffix = path.suffix.removeprefix(".")
    if suffix not in suffixes:
        raise ConfigError(
            f"can't be written as {path.suffix or 'a file without suffix'}",
            where=path,
            fix=f"name it {' or '.join(f'{path.stem}.{one}' for one in suffixes)}",
        )
    check_writable(path)
    return suffix
