"""A comparison as tables for other programs and for people: CSV, Markdown, and a page with its picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from kmtalk_align import page
from kmtalk_align.page import TableView
from kmtalk_model import comparison_text
from kmtalk_model.comparison import Comparison
from kmtalk_model.protocols import Metric
from kmtalk_model.report.combine import Combined
from kmtalk_model.report.comparison_plot import as_picture
from kmtalk_model.report.markdown import markdown_table
from kmtalk_model.statistics import Difference, Estimate

COLUMNS = (
    *("corpus", "split", "protocol", "system", "rival", "metric", "unit", "value", "low", "high", "clips"),
    *("reference", "difference", "difference_low", "difference_high", "share", "share_low", "share_high"),
)


def as_csv(combined: Combined) -> bytes:
    """A row for each system and metric: the figure with its interval, the difference to the reference with its own, and
    that as a share of the reference's figure, where it has one.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(combined))
    return text.getvalue().encode()


def as_markdown(combined: Combined) -> bytes:
    """The figures and the differences as tables, and what they mean."""
    comparison = combined.comparison
    first, *rest = comparison_text.heading(comparison)
    lines = [
        f"# {comparison.corpus}, {comparison.split}",
        "",
        first + ".",
        *(line for one in rest for line in ("", one)),
    ]
    lines += ["", *markdown_table(_headings(comparison), comparison_text.figures(comparison)), ""]
    if comparison.differences:
        lines += [f"## {comparison_text.less_reference(comparison).capitalize()}", ""]
        lines += [*markdown_table(_headings(comparison), comparison_text.differences(comparison)), ""]
    lines += [f"- {label}: {meaning}" for label, meaning in _meanings(comparison)]
    lines += [f"- {line}" for line in (*comparison_text.other_figures(comparison), *comparison.notices)]
    return ("\n".join(lines) + "\n").encode()


def as_page(combined: Combined) -> bytes:
    """A page with the picture and the tables."""
    comparison = combined.comparison
    return page.render(
        "kmtalk_model.report",
        "comparison.html.j2",
        comparison=comparison,
        heading=next(comparison_text.heading(comparison)),
        picture=page.as_address(as_picture(combined, "svg")),
        figures=_view(comparison, comparison_text.figures(comparison)),
        less_reference=comparison_text.less_reference(comparison),
        differences=_view(comparison, comparison_text.differences(comparison)),
        meanings=list(_meanings(comparison)),
        rivals=sorted(combined.rivals),
        others=list(comparison_text.other_figures(comparison)),
    ).encode()


def _rows(combined: Combined) -> Iterator[dict[str, Any]]:
    comparison = combined.comparison
    about = {"corpus": comparison.corpus, "split": comparison.split, "protocol": comparison.protocol.name}
    for system, estimates in comparison.estimates.items():
        for metric in comparison.metrics:
            found = estimates[metric.name]
            yield {
                **about,
                "system": system,
                "rival": "yes" if system in combined.rivals else "no",
                "metric": metric.name,
                "unit": comparison.unit_of(metric),
                **numbers(found, "value", "low", "high"),
                "clips": found.clips,
                "reference": comparison.reference,
                **_less_reference(comparison, system, metric),
            }


def _less_reference(comparison: Comparison, system: str, metric: Metric) -> dict[str, str]:
    if system == comparison.reference:
        return {}
    found: Difference = comparison.differences[system][metric.name]
    names = ("difference", "difference_low", "difference_high")
    share = numbers(found.relative, "share", "share_low", "share_high") if found.relative else {}
    return {**numbers(found.absolute, *names), **share}


def numbers(estimate: Estimate, value: str, low: str, high: str) -> dict[str, str]:
    """Six digits: more, and the last ones would depend on the machine."""
    found = {value: estimate.value, low: estimate.low, high: estimate.high}
    return {name: "" if one is None else f"{one:.6g}" for name, one in found.items()}


def _headings(comparison: Comparison) -> tuple[str, ...]:
    return ("system", *comparison_text.columns(comparison))


def _view(comparison: Comparison, rows: Iterator[list[str]]) -> TableView:
    whole = [tuple(row) for row in rows]
    return TableView(_headings(comparison), whole, len(whole))


def _meanings(comparison: Comparison) -> Iterator[tuple[str, str]]:
    for metric in comparison.metrics:
        yield metric.label, f"{metric.meaning}; {metric.best}"
