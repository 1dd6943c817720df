"""A robustness study as tables for other programs and for people: CSV, Markdown, and a page with its picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from kmtalk_align import page
from kmtalk_align.results import Run
from kmtalk_model.report import robustness_paper as paper
from kmtalk_model.report import robustness_text as text
from kmtalk_model.report.comparison_tables import numbers
from kmtalk_model.report.markdown import markdown_table
from kmtalk_model.report.robustness import LVE, METRICS, Robustness
from kmtalk_model.report.robustness_measures import Measured
from kmtalk_model.report.robustness_plot import as_picture

# The short names of METRICS in columns.
_SHORT = dict(zip(METRICS, ("lve", "fdd", "absolute_fdd"), strict=True))
COLUMNS = (
    *("corpus", "split", "protocol", "experiment", "asr", "aligner", "selector", "offset", "reference"),
    *("word_error_rate", "word_error_rate_low", "word_error_rate_high", "transcribed_utterances"),
    *("boundaries", "boundary_median_ms", "boundaries_within_20_ms", "boundaries_within_50_ms"),
    *("key_frame_f1_same", "key_frame_f1_within_one", "key_frame_clips", "key_ratio"),
    *("utterances", "fallback", "failed", "clips", "unit"),
    *(f"{short}{end}" for short in _SHORT.values() for end in ("", "_low", "_high")),
    *(f"{short}_difference{end}" for short in _SHORT.values() for end in ("", "_low", "_high")),
    *(f"{short}_share{end}" for short in ("lve", "absolute_fdd") for end in ("", "_low", "_high")),
    "fdd_share",
)


def as_csv(study: Robustness) -> bytes:
    """A row for each combination; empty where there is nothing to measure or compare. The paper's rows stay apart."""
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(study))
    return made.getvalue().encode()


def as_markdown(study: Robustness) -> bytes:
    """The table, the paper's own, and what they mean."""
    first, *rest = text.heading(study)
    ours, theirs = text.combinations(study), text.papers_table()
    lines = [f"# Robustness of {study.experiment}", "", first + "."]
    lines += [line for one in rest for line in ("", one)]
    lines += ["", *(f"- {one}" for one in text.findings(study))]
    if by_choice := text.choices_table(study):
        lines += ["", f"## {text.BY_CHOICE}", "", text.ABOUT_CHOICES, ""]
        lines += [*markdown_table(by_choice.headings, by_choice.rows), "", "## Combinations"]
    lines += ["", *markdown_table(ours.headings, ours.rows), ""]
    lines += [f"## {paper.CAPTION}", "", paper.NOTE, "", *markdown_table(theirs.headings, theirs.rows), ""]
    lines += [f"- {label}: {meaning}" for label, meaning in text.meanings(study)]
    lines += [f"- {notice}" for notice in study.notices]
    return ("\n".join(lines) + "\n").encode()


def as_page(study: Robustness) -> bytes:
    """A page with the picture and the tables."""
    return page.render(
        "kmtalk_model.report",
        "robustness.html.j2",
        study=study,
        heading=next(text.heading(study)),
        findings=list(text.findings(study)),
        picture=page.as_address(as_picture(study, "svg")),
        choices=text.choices_table(study),
        by_choice=text.BY_CHOICE,
        about_choices=text.ABOUT_CHOICES,
        combinations=text.combinations(study),
        meanings=list(text.meanings(study)),
        paper=text.papers_table(),
        paper_caption=paper.CAPTION,
        paper_note=paper.NOTE,
    ).encode()


def _rows(study: Robustness) -> Iterator[dict[str, Any]]:
    comparison = study.comparison
    about = {
        "corpus": comparison.corpus,
        "split": comparison.split,
        "protocol": comparison.protocol.name,
        "experiment": study.experiment,
        "clips": comparison.clips,
        "unit": comparison.unit_of(study.metric(LVE)),
    }
    for run in study.runs:
        yield {
            **about,
            **{"asr": run.asr, "aligner": run.aligner, "selector": run.selector, "offset": study.offsets[run]},
            "reference": "yes" if run == study.reference else "no",
            **_measured(study.measured[run]),
            **_errors(study, run),
        }


def _measured(measured: Measured) -> dict[str, Any]:
    rate = measured.word_error_rate
    found: dict[str, Any] = {
        **numbers(rate, "word_error_rate", "word_error_rate_low", "word_error_rate_high"),
        "transcribed_utterances": rate.clips,
        "utterances": measured.utterances,
        "fallback": measured.sources.get("fallback", 0),
        "failed": measured.sources.get("failed", 0),
    }
    if measured.key_ratio is not None:
        found["key_ratio"] = f"{measured.key_ratio:.6g}"
    if (times := measured.boundaries) is not None:
        found |= {
            "boundaries": times.n,
            "boundary_median_ms": f"{1000 * times.median_s:.6g}",
            "boundaries_within_20_ms": f"{times.within_20_ms:.6g}",
            "boundaries_within_50_ms": f"{times.within_50_ms:.6g}",
        }
    if (agreement := measured.agreement) is not None:
        found |= {
            "key_frame_f1_same": f"{agreement.exact:.6g}",
            "key_frame_f1_within_one": f"{agreement.near:.6g}",
            "key_frame_clips": agreement.clips,
        }
    return found


def _errors(study: Robustness, run: Run) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, short in _SHORT.items():
        found |= numbers(study.comparison.estimates[run.name][name], *_ends(short))
        if run == study.reference:
            continue
        less = study.comparison.differences[run.name][name]
        found |= numbers(less.absolute, *_ends(f"{short}_difference"))
        if less.relative is not None:
            found |= numbers(less.relative, *_ends(f"{short}_share"))
    if run != study.reference and (share := study.signed_share(run)) is not None:
        found["fdd_share"] = f"{share:.6g}"
    return found


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"
