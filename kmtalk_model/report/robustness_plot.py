"""A robustness study as a picture: errors by combination, and how their change goes with what was changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from kmtalk_align.plotting import COLOURS, figure
from kmtalk_align.results import Run
from kmtalk_model.report.comparison_plot import name_rows, scaled
from kmtalk_model.report.robustness import LVE, METRICS, Robustness
from kmtalk_model.report.robustness_measures import KeyFrameAgreement
from kmtalk_model.statistics import LEVEL, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# An aligner is a shape, a selector a filling; recognisers have the colours.
_SHAPES = "os^Dv"
_FILLINGS = ("full", "none", "left", "right", "top")
_SIZE = 6.0
# Inches.
_PANEL_WIDTH, _LABEL_INCHES, _ROW, _AROUND, _SCATTER = 2.3, 0.075, 0.22, 0.95, 2.6

Corner = Literal["outside lower left", "outside lower center", "outside lower right"]
_LEGENDS: tuple[tuple[str, str, str, Corner], ...] = (
    ("recogniser", "asr", "color", "outside lower left"),
    ("aligner", "aligner", "marker", "outside lower center"),
    ("selector", "selector", "fillstyle", "outside lower right"),
)

Style = Mapping[str, Any]


def as_picture(study: Robustness, form: str) -> bytes:
    """The picture as a file; form: one of plotting.FORMATS."""
    names = [run.name for run in study.runs]
    styles = _styles(study.runs)
    width = 0.3 + _LABEL_INCHES * max(map(len, names)) + _PANEL_WIDTH * len(METRICS)
    heights = (_AROUND + _ROW * len(names), _SCATTER)
    shape = {"columns": len(METRICS), "rows": len(heights)}
    with figure(width, 0.8 + sum(heights), **shape, heights=heights, form=form) as (drawn, axes, buffer):
        for place, name in enumerate(METRICS):
            _errors(axes[place], study, name, styles)
            name_rows(axes[place], names, named=place == 0)
        for axis, (label, measure) in zip(axes[len(METRICS) :], _MEASURES.items(), strict=True):
            _changes(axis, study, measure, styles)
            axis.set_xlabel(label, fontsize=8)
        axes[len(METRICS)].set_ylabel("LVE, less the reference (%)", fontsize=8)
        _legend(drawn, styles)
        drawn.suptitle(_title(study), fontsize=9, color="0.25")
    return buffer.getvalue()


def _same(study: Robustness, run: Run) -> float | None:
    return _agreement(study, run, lambda found: found.exact)


def _near(study: Robustness, run: Run) -> float | None:
    return _agreement(study, run, lambda found: found.near)


def _agreement(study: Robustness, run: Run, which: Callable[[KeyFrameAgreement], float]) -> float | None:
    """1 for the reference, which agrees with itself."""
    found = study.measured[run].agreement
    if run == study.reference:
        return 1.0
    return None if found is None else which(found)


def _word_errors(study: Robustness, run: Run) -> float | None:
    found = study.measured[run].word_error_rate.value
    return None if found is None else 100 * found


# What the change of LVE is drawn against.
_MEASURES: dict[str, Callable[[Robustness, Run], float | None]] = {
    "key frame F1, same frame": _same,
    "key frame F1, within one frame": _near,
    "word error rate (%)": _word_errors,
}


def _title(study: Robustness) -> str:
    comparison = study.comparison
    return (
        f"{study.experiment} on {comparison.corpus}, {comparison.split}: {comparison.clips} clips, protocol "
        f"{comparison.protocol.name}, {LEVEL:.0%} intervals over clips"
    )


def _styles(runs: Sequence[Run]) -> dict[Run, Style]:
    """How each run is drawn: as any other run of its recogniser, aligner and selector."""
    kinds = [list(dict.fromkeys(getattr(run, kind) for run in runs)) for kind in ("asr", "aligner", "selector")]
    return {
        run: {
            "color": _of(COLOURS, kinds[0], run.asr),
            "marker": _of(_SHAPES, kinds[1], run.aligner),
            "fillstyle": _of(_FILLINGS, kinds[2], run.selector),
            "markersize": _SIZE,
            "linestyle": "none",
        }
        for run in runs
    }


def _of(choices: Sequence[str], names: Sequence[str], name: str) -> str:
    return choices[names.index(name) % len(choices)]


def _errors(axis: Axes, study: Robustness, name: str, styles: Mapping[Run, Style]) -> None:
    metric = study.metric(name)
    found = {run: study.comparison.estimates[run.name][name] for run in study.runs}
    scale, unit = scaled(found.values(), study.comparison.unit_of(metric))
    for place, (run, one) in enumerate(found.items()):
        if one.value is not None:
            axis.errorbar(one.value * scale, place, xerr=_bars(one, scale), capsize=2.5, **styles[run])
    reference = found[study.reference].value
    if reference is not None:
        axis.axvline(reference * scale, color="0.3", linewidth=0.8, alpha=0.6, zorder=0)
    if metric.signed:
        axis.axvline(0, color="0.3", linewidth=0.8, linestyle=":", zorder=0)
    axis.set_title(f"{metric.label}\n", fontsize=9, fontweight="bold")
    axis.text(0.5, 1.03, metric.best, transform=axis.transAxes, ha="center", fontsize=8, color="0.35")
    axis.set_xlabel(unit, fontsize=8)


def _changes(
    axis: Axes, study: Robustness, measure: Callable[[Robustness, Run], float | None], styles: Mapping[Run, Style]
) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.axhline(0, color="0.3", linewidth=0.8, alpha=0.6, zorder=0)
    drawn = 0
    for run in study.runs:
        at = measure(study, run)
        change = Estimate(0.0, None, None, 0) if run == study.reference else _change(study, run)
        if at is not None and change is not None and change.value is not None and math.isfinite(change.value):
            axis.errorbar(at, 100 * change.value, yerr=_bars(change, 100.0), capsize=2.5, **styles[run])
            drawn += 1
    if not drawn:
        axis.text(0.5, 0.5, "nothing to compare", transform=axis.transAxes, ha="center", fontsize=8, color="0.35")
    axis.margins(0.12)
    axis.xaxis.set_major_locator(MaxNLocator(4))


def _change(study: Robustness, run: Run) -> Estimate | None:
    return study.comparison.differences[run.name][LVE].relative


def _bars(found: Estimate, scale: float) -> list[list[float]]:
    """The interval as lengths to both sides; a percentile interval need not hold the value."""
    value = found.value or 0.0
    low, high = (value if end is None else end for end in (found.low, found.high))
    return [[max(0.0, value - low) * scale], [max(0.0, high - value) * scale]]


def _legend(drawn: Figure, styles: Mapping[Run, Style]) -> None:
    """A sample of each recogniser's colour, aligner's shape and selector's filling."""
    from matplotlib.lines import Line2D

    plain: Style = {"color": "0.3", "marker": "o", "fillstyle": "full", "markersize": _SIZE, "linestyle": "none"}
    for title, kind, key, where in _LEGENDS:
        samples: dict[str, Style] = {getattr(run, kind): {**plain, key: one[key]} for run, one in styles.items()}
        drawn.legend(
            [Line2D([], [], **style) for style in samples.values()],
            list(samples),
            title=title,
            loc=where,
            alignment="left",
            fontsize=8,
            title_fontsize=8,
        )
