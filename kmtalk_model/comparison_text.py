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
    for line in heading(comparison):
        console.print(line)
    console.print(_table(comparison, figures(comparison)))
    if comparison.differences:
        console.print(less_reference(comparison))
        console.print(_table(comparison, differences(comparison)))
    for line in other_figures(comparison):
        console.print(line)
    for notice in comparison.notices:
        console.print(f"note: {notice}")
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"


def heading(comparison: Comparison) -> Iterator[str]:
    """What was compared, by what, and what a reader must know of the corpus."""
    yield (
        f"{comparison.corpus}, {comparison.split}: {comparison.clips} clips, {comparison.frames} frames; "
        f"protocol {comparison.protocol.name}; below each figure its {LEVEL:.0%} interval over clips"
    )
    if comparison.description:
        yield comparison.description


def columns(comparison: Comparison) -> Iterator[str]:
    """The heading of each metric's column: its label, and its unit in a second line."""
    for metric in comparison.metrics:
        unit = comparison.unit_of(metric)
        yield metric.label + (f"\n{unit}" if unit else "")


def figures(comparison: Comparison) -> Iterator[list[str]]:
    """A row for each system: its name, then each figure with its interval in a second line."""
    for system, estimates in comparison.estimates.items():
        yield [system, *(estimate(estimates[metric.name], "{:.3g}") for metric in comparison.metrics)]


def less_reference(comparison: Comparison) -> str:
    """The heading of the differences."""
    return f"less {comparison.reference}, paired over clips"


def differences(comparison: Comparison) -> Iterator[list[str]]:
    """A row for each system but the reference, likewise."""
    for system, found in comparison.differences.items():
        yield [system, *(difference(found[metric.name]) for metric in comparison.metrics)]


def other_figures(comparison: Comparison) -> Iterator[str]:
    """What else the systems reported."""
    for system, reported in comparison.figures.items():
        for name, value in reported.items():
            yield f"{system}: {name} {value:.4g}"


def _table(comparison: Comparison, rows: Iterator[list[str]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table("system", box=box.SIMPLE_HEAD)
    for column in columns(comparison):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def difference(found: Difference) -> str:
    """A difference and its interval, as a share of the reference where it has one, else in the metric's unit."""
    if found.relative is not None:
        return estimate(found.relative, "{:+.1%}")
    return estimate(found.absolute, "{:+.3g}")


def estimate(found: Estimate, form: str) -> str:
    """A figure, and its interval in a second line."""
    if found.value is None:
        return "none"
    if found.low is None or found.high is None:
        return form.format(found.value)
    return f"{form.format(found.value)}\n{form.format(found.low)} to {form.format(found.high)}"
