"""Which file is written how, by its suffix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable
from kmtalk_align.plotting import FORMATS
from kmtalk_model.report import comparison_plot, comparison_tables, robustness_plot, robustness_tables
from kmtalk_model.report.combine import Combined
from kmtalk_model.report.robustness import Robustness

_COMPARISONS: dict[str, Callable[[Combined], bytes]] = {
    **{form: partial(comparison_plot.as_picture, form=form) for form in FORMATS},
    "html": comparison_tables.as_page,
    "md": comparison_tables.as_markdown,
    "csv": comparison_tables.as_csv,
}
_STUDIES: dict[str, Callable[[Robustness], bytes]] = {
    **{form: partial(robustness_plot.as_picture, form=form) for form in FORMATS},
    "html": robustness_tables.as_page,
    "md": robustness_tables.as_markdown,
    "csv": robustness_tables.as_csv,
}


def comparison_writer(path: Path) -> Callable[[Combined], bytes]:
    """What makes the content of a file. Raises ConfigError for an unknown suffix, ArtefactError where it can't be
    written: before long work.
    """
    return _COMPARISONS[_known(path, tuple(_COMPARISONS))]


def robustness_writer(path: Path) -> Callable[[Robustness], bytes]:
    """The same for a robustness study."""
    return _STUDIES[_known(path, tuple(_STUDIES))]


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
