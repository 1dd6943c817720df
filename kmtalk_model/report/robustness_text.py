"""A robustness study as tables of text, and what it comes to in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kmtalk_align.page import TableView
from kmtalk_align.results import Run
from kmtalk_model import comparison_text
from kmtalk_model.report import robustness_paper as paper
from kmtalk_model.report.comparison_plot import scaled
from kmtalk_model.report.robustness import ABSOLUTE_FDD, FDD, LVE, METRICS, Robustness, excludes_zero
from kmtalk_model.report.robustness_choices import KINDS, Choice, choices
from kmtalk_model.report.robustness_measures import Measured
from kmtalk_model.statistics import LEVEL, Estimate

BY_CHOICE = "What each choice changes"
ABOUT_CHOICES = (
    "Averaged over the pairs of combinations that differ in this choice alone: the mean of several trainings, which a "
    "seed moves less than a single one. Intervals are over clips."
)
_REFERENCE = "reference"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# What has its key frames from elsewhere than the selector's rule.
_NOT_ALIGNED = ("fallback", "failed")


def heading(study: Robustness) -> Iterator[str]:
    """What was studied, by what, and what a reader must know of the corpus."""
    comparison = study.comparison
    yield (
        f"{study.experiment} on {comparison.corpus}, trained on the key frames of {len(study.runs)} combinations and "
        f"scored on {comparison.split}: {comparison.clips} clips, protocol {comparison.protocol.name}; below a figure "
        f"its {LEVEL:.0%} interval, of errors over clips, of word error rates over utterances that have a transcript"
    )
    if comparison.description:
        yield comparison.description


def findings(study: Robustness) -> Iterator[str]:
    """How far the errors change at most, and what the paper says of its own."""
    for name in (LVE, ABSOLUTE_FDD):
        label = study.metric(name).label
        found = _changes(study, name)
        if not found:
            continue
        farthest = max(found, key=lambda run: abs(found[run].value or 0.0))
        count = sum(excludes_zero(one) for one in found.values())
        change = comparison_text.estimate(found[farthest], "{:+.1%}").replace("\n", ", interval ")
        yield (
            f"{label} changes most with {farthest.name}: {change}. {count} of {len(found)} combinations are shown to "
            f"differ from {study.reference.name}."
        )
    others = study.runs[1:]
    apart = [run.name for run in others if excludes_zero(study.comparison.differences[run.name][FDD].absolute)]
    yield (
        f"{study.metric(FDD).label}, in which clips of too much and too little cancel, is shown to differ in "
        f"{len(apart)} of {len(others)}{': ' if apart else ''}{', '.join(apart)}."
    )
    lve, fdd = (
        max((one.lve_change for one in paper.TABLE_4), key=abs),
        max((one.fdd_change for one in paper.TABLE_4), key=abs),
    )
    yield f"In the paper's Table 4, of another corpus, LVE changes by at most {lve:+.1%}, and FDD by {fdd:+.1%}."


def combinations(study: Robustness) -> TableView:
    """A row for each combination: what its key frames are, and how the network does that is trained on them."""
    rows = [
        (
            "\n".join((run.asr, run.aligner, _selector(study, run))),
            *_upstream(study, run, study.measured[run]),
            *_errors(study, run),
        )
        for run in study.runs
    ]
    return TableView(tuple(_headings(study)), rows, len(rows))


def choices_table(study: Robustness) -> TableView | None:
    """What each choice changes by itself; None where no two pairs of combinations differ in one."""
    rows = [
        (
            f"{KINDS[one.kind]} {one.name}\ninstead of {one.instead_of}",
            f"{len(one.pairs)} pairs",
            *_choice(study, one),
        )
        for one in choices(study)
    ]
    headings = ["choice", "mean over"]
    for name in METRICS:
        metric = study.metric(name)
        headings.append(
            f"{metric.label}, less\nthe other's" + (f"\n{_scaled(study, name)[1]}" if metric.signed else "")
        )
    return TableView(tuple(headings), rows, len(rows)) if rows else None


def papers_table() -> TableView:
    """The paper's Table 4, with the changes against its first row."""
    headings = (
        "method",
        f"LVE\n{paper.LVE_UNIT}",
        "LVE, against\nthe first row",
        f"FDD\n{paper.FDD_UNIT}",
        "FDD, against\nthe first row",
    )
    rows = []
    for place, one in enumerate(paper.TABLE_4):
        changes = [f"{change:+.1%}" if place else _REFERENCE for change in (one.lve_change, one.fdd_change)]
        rows.append((one.method, f"{one.lve:.4f}", changes[0], f"{one.fdd:.4f}", changes[1]))
    return TableView(headings, rows, len(rows))


def meanings(study: Robustness) -> Iterator[tuple[str, str]]:
    """What the columns are."""
    yield (
        "word error rate",
        "of the transcripts against the corpus' own, over all splits; below it over how many utterances",
    )
    yield (
        "phone boundaries",
        f"starts and ends of the phones, less those of {study.reference.aligned}, where words and phones agree",
    )
    yield (
        "key frame F1",
        f"with those of {study.reference.name}, mean over clips: frames match one to one if they are the same, or "
        "if they lie within one frame of each other. Key frames are dense: the second is high for any two",
    )
    yield "key ratio", "the share of frames that are key frames, mean over utterances"
    yield "fallback, failed", "utterances whose key frames are evenly spaced instead, or that have none"
    for metric in study.comparison.metrics:
        yield metric.label, f"{metric.meaning}; {metric.best}"
    yield (
        "less the reference",
        "paired over clips, as a share of the reference's figure; of FDD the difference itself, with its interval, "
        "after its share of the reference's FDD where that is shown to differ from 0",
    )


def _headings(study: Robustness) -> Iterator[str]:
    labels = {metric.name: metric.label for metric in study.comparison.metrics}
    yield from (
        "recogniser\naligner\nselector, offset",
        "word error rate",
        "phone boundaries\nmedian\nwithin 20, 50 ms",
    )
    yield from ("key frame F1\nsame frame\nwithin one", "key ratio", "fallback,\nfailed")
    for name in METRICS:
        yield f"{labels[name]}\n{_scaled(study, name)[1]}"
        yield f"{labels[name]}, less\nthe reference"


def _selector(study: Robustness, run: Run) -> str:
    offset = study.offsets[run]
    return run.selector if offset is None else f"{run.selector}, {format(offset, '+d') if offset else 0}"


def _upstream(study: Robustness, run: Run, measured: Measured) -> tuple[str, ...]:
    return (
        _word_error_rate(measured.word_error_rate),
        _boundaries(study, run, measured),
        _agreement(study, run, measured),
        "none" if measured.key_ratio is None else f"{measured.key_ratio:.3f}",
        f"{', '.join(str(measured.sources.get(one, 0)) for one in _NOT_ALIGNED)}\nof {measured.utterances}",
    )


def _word_error_rate(found: Estimate) -> str:
    if found.value is None:
        return "no transcripts\nto compare with"
    return f"{comparison_text.estimate(found, '{:.1%}')}\n{found.clips} utterances"


def _boundaries(study: Robustness, run: Run, measured: Measured) -> str:
    if run.aligned == study.reference.aligned:
        return _REFERENCE if run == study.reference else "the same phones"
    found = measured.boundaries
    if found is None:
        return "no phones\nin common"
    return f"{1000 * found.median_s:.0f} ms\n{found.within_20_ms:.0%}, {found.within_50_ms:.0%}"


def _agreement(study: Robustness, run: Run, measured: Measured) -> str:
    if run == study.reference:
        return _REFERENCE
    if measured.agreement is None:
        return "no clip\nto compare"
    return f"{measured.agreement.exact:.3f}\n{measured.agreement.near:.3f}\n{measured.agreement.clips} clips"


def _errors(study: Robustness, run: Run) -> Iterator[str]:
    own = study.comparison.estimates[run.name]
    for name in METRICS:
        scale, _ = _scaled(study, name)
        yield comparison_text.estimate(_times(own[name], scale), "{:.3g}")
        if run == study.reference:
            yield _REFERENCE
            continue
        less = study.comparison.differences[run.name][name]
        change = comparison_text.difference(replace(less, absolute=_times(less.absolute, scale)))
        share = study.signed_share(run) if name == FDD else None
        yield change if share is None else f"{share:+.1%}\n{change}"


def _choice(study: Robustness, choice: Choice) -> Iterator[str]:
    for name in METRICS:
        less = choice.differences[name]
        yield comparison_text.difference(replace(less, absolute=_times(less.absolute, _scaled(study, name)[0])))


def _scaled(study: Robustness, name: str) -> tuple[float, str]:
    """What to multiply a metric's figures by to have few digits, and their unit then, as plain text."""
    found = [study.comparison.estimates[run.name][name] for run in study.runs]
    scale, unit = scaled(found, study.comparison.unit_of(study.metric(name)))
    return scale, re.sub(r"\$10\^\{(-?\d+)\}\$", lambda power: f"10{power[1].translate(_RAISED)}", unit)


def _times(found: Estimate, scale: float) -> Estimate:
    value, low, high = (None if one is None else one * scale for one in (found.value, found.low, found.high))
    return Estimate(value, low, high, found.clips)


def _changes(study: Robustness, name: str) -> Mapping[Run, Estimate]:
    """By run but the reference, the change of a metric as a share of the reference's, where it has one."""
    found = {run: study.comparison.differences[run.name][name].relative for run in study.runs[1:]}
    return {run: one for run, one in found.items() if one is not None and one.value is not None}
