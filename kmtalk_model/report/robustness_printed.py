"""A robustness study as what a terminal shows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from kmtalk_align.page import TableView
from kmtalk_model.report import robustness_paper as paper
from kmtalk_model.report import robustness_text as text
from kmtalk_model.report.robustness import Robustness

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH = 260


def as_text(study: Robustness) -> str:
    """The sentences, the tables, the paper's table, and what to know of them."""
    from rich.console import Console

    sink = io.StringIO()
    console = Console(file=sink, width=_WIDTH, color_system=None, highlight=False, markup=False)
    for line in (*text.heading(study), *text.findings(study)):
        console.print(line)
    if by_choice := text.choices_table(study):
        _print(console, by_choice)
    _print(console, text.combinations(study))
    console.print(f"{paper.CAPTION}. {paper.NOTE}")
    _print(console, text.papers_table())
    for notice in study.notices:
        console.print(f"note: {notice}")
    return "\n".join(line.rstrip() for line in sink.getvalue().splitlines()) + "\n"


def _print(console: Console, view: TableView) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for place, headed in enumerate(view.headings):
        table.add_column(headed, justify="right" if place else "left")
    for row in view.rows:
        table.add_row(*row)
    console.print(table)
