"""A comparison as tables of plain text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kmtalk_model.comparison import Comparison
from kmtalk_model.statistics import LEVEL, Difference, Estimate

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH = 200


def as_text(comparison: Comparison) -> str:
    """The figures of each system with their intervals, their differences to the reference, and what to know of them."""
    from rich.console import Console

    sink = io.StringIO()
    console = Console(file=sink, width=_WIDTH, color_system=None, highlight=False, markup=False)
    for line in _heading(comparison):
        console.print(line)
    console.print(_table(comparison, _figures(comparison)))
    if comparison.differences:
        console.print(f"less {comparison.reference}, paired over clips")
        console.print(_table(comparison, _differences(comparison)))
    for system, figures in comparison.figures.items():
        for name, value in figures.items():
            console.print(f"{system}: {name} {value:.4g}")
    for notice in comparison.notices:
        console.print(f"note: {notice}")
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"


def _heading(comparison: Comparison) -> Iterator[str]:
    yield (
        f"{comparison.corpus}, {comparison.split}: {comparison.clips} clips, {comparison.frames} frames; "
        f"protocol {comparison.protocol.name}; below each figure its {LEVEL:.0%} interval over clips"
    )
    if comparison.description:
        yield comparison.description


def _table(comparison: Comparison, rows: Iterator[list[str]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("system", box=box.SIMPLE_HEAD)
    for metric in comparison.metrics:
        unit = comparison.unit_of(metric)
        table.add_column(metric.label + (f"\n{unit}" if unit else ""), justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _figures(comparison: Comparison) -> Iterator[list[str]]:
    for system, estimates in comparison.estimates.items():
        yield [system, *(_estimate(estimates[metric.name], "{:.3g}") for metric in comparison.metrics)]


def _differences(comparison: Comparison) -> Iterator[list[str]]:
    for system, differences in comparison.differences.items():
        yield [system, *(_difference(differences[metric.name]) for metric in comparison.metrics)]


def _difference(difference: Difference) -> str:
    """As a share of the reference where it has one, else in the metric's unit."""
    if difference.relative is not None:
        return _estimate(difference.relative, "{:+.1%}")
    return _estimate(difference.absolute, "{:+.3g}")


def _estimate(estimate: Estimate, form: str) -> str:
    if estimate.value is None:
        return "none"
    if estimate.low is None or estimate.high is None:
        return form.format(estimate.value)
    return f"{form.format(estimate.value)}\n{form.format(estimate.low)} to {form.format(estimate.high)}"
