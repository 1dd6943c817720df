"""Plots in one look, the bytes of which are equal for equal data."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Line = Literal["-", "--", ":", "-."]
# Okabe & Ito, Color Universal Design, 2008, without yellow.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
LINES: tuple[Line, ...] = ("-", "--", ":", "-.")
# What a figure can be written as, by its suffix.
FORMATS = ("svg", "png")
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "kmtalk",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
# What matplotlib says of itself and of the time, in each format's own keys.
_UNSIGNED: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
_DOTS_AN_INCH = 150


@contextmanager
def figure(
    width: float,
    height: float,
    columns: int = 1,
    rows: int = 1,
    *,
    heights: Sequence[float] | None = None,
    form: str = "svg",
) -> Iterator[tuple[Figure, list[Axes], io.BytesIO]]:
    """A figure of so many inches with its axes in reading order; its file is in the buffer once the block is left.

    heights: how the rows' heights go with each other, equal if None; form: one of FORMATS.
    """
    import matplotlib
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    # A user's own matplotlibrc must not change the bytes.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for key, value in _STYLE.items():
            matplotlib.rcParams[key] = value
        drawn = Figure(figsize=(width, height), layout="constrained")
        yield drawn, list(np.ravel(drawn.subplots(rows, columns, squeeze=False, height_ratios=heights))), buffer
        drawn.savefig(buffer, format=form, dpi=_DOTS_AN_INCH, metadata=_UNSIGNED[form])
