"""A comparison as a picture: a panel for each metric, above the figures, below the differences to the reference."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kmtalk_align.plotting import COLOURS, figure
from kmtalk_model.comparison import Comparison
from kmtalk_model.protocols import Metric
from kmtalk_model.report.combine import Combined
from kmtalk_model.statistics import LEVEL, Difference, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RUN, _RIVAL = COLOURS[0], "0.4"
# Inches.
_PANEL_WIDTH, _LABEL_INCHES, _ROW, _AROUND = 1.75, 0.075, 0.24, 0.95


def as_picture(combined: Combined, form: str) -> bytes:
    """The picture as a file; form: one of plotting.FORMATS."""
    comparison = combined.comparison
    systems, metrics = list(comparison.scores), comparison.metrics
    rows = 2 if comparison.differences else 1
    width = 0.3 + _LABEL_INCHES * max(map(len, systems)) + _PANEL_WIDTH * len(metrics)
    height = 0.4 + rows * (_AROUND + _ROW * len(systems))
    with figure(width, height, columns=len(metrics), rows=rows, form=form) as (drawn, axes, buffer):
        for place, metric in enumerate(metrics):
            _figures(axes[place], combined, metric)
            if rows == 2:
                _differences(axes[place + len(metrics)], combined, metric)
        for place, axis in enumerate(axes):
            name_rows(axis, systems, named=place % len(metrics) == 0)
        drawn.suptitle(_title(comparison), fontsize=9, color="0.25")
    return buffer.getvalue()


def _title(comparison: Comparison) -> str:
    return (
        f"{comparison.corpus}, {comparison.split}: {comparison.clips} clips, protocol {comparison.protocol.name}, "
        f"{LEVEL:.0%} intervals over clips"
    )


def name_rows(axis: Axes, systems: Sequence[str], *, named: bool) -> None:
    """A row for each of some names, the first on top; written where `named`."""
    from matplotlib.ticker import MaxNLocator

    axis.set(yticks=range(len(systems)), ylim=(len(systems) - 0.5, -0.5))
    axis.set_yticklabels(systems if named else [])
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_locator(MaxNLocator(3))


def _figures(axis: Axes, combined: Combined, metric: Metric) -> None:
    comparison = combined.comparison
    found = {system: estimates[metric.name] for system, estimates in comparison.estimates.items()}
    scale, unit = scaled(found.values(), comparison.unit_of(metric))
    _points(axis, combined, found, scale)
    reference = found[comparison.reference].value
    if reference is not None:
        axis.axvline(reference * scale, color=_RUN, linewidth=0.8, alpha=0.5, zorder=0)
    axis.set_title(f"{metric.label}\n", fontsize=9, fontweight="bold")
    axis.text(0.5, 1.03, metric.best, transform=axis.transAxes, ha="center", fontsize=8, color="0.35")
    axis.set_xlabel(unit, fontsize=8)


def _differences(axis: Axes, combined: Combined, metric: Metric) -> None:
    comparison = combined.comparison
    found = {system: _shown(differences[metric.name]) for system, differences in comparison.differences.items()}
    if metric.signed:
        scale, unit = scaled(found.values(), comparison.unit_of(metric))
    else:
        scale, unit = 100.0, "%"
    near = {system: one for system, one in found.items() if system not in combined.rivals} or found
    low, high = _range(near, scale)
    within = {}
    for system, one in found.items():
        if one.value is not None and not low <= one.value * scale <= high:
            _at_the_edge(axis, list(comparison.scores).index(system), one.value * scale, (low, high))
        else:
            within[system] = one
    _points(axis, combined, within, scale)
    axis.axvline(0, color=_RUN, linewidth=0.8, alpha=0.5, zorder=0)
    axis.plot(0, list(comparison.scores).index(comparison.reference), "|", color=_RUN, markersize=9)
    axis.set_xlim(low, high)
    axis.set_xlabel(f"less {comparison.reference}" + (f" ({unit})" if unit else ""), fontsize=8)


def _shown(difference: Difference) -> Estimate:
    """The difference as a share of the reference, where it has one."""
    return difference.relative or difference.absolute


def _points(axis: Axes, combined: Combined, found: Mapping[str, Estimate], scale: float) -> None:
    places = {system: place for place, system in enumerate(combined.comparison.scores)}
    for system, one in found.items():
        if one.value is None:
            continue
        low, high = (one.value if end is None else end for end in (one.low, one.high))
        rival = system in combined.rivals
        axis.errorbar(
            one.value * scale,
            places[system],
            # A percentile interval need not hold the value.
            xerr=[[max(0.0, one.value - low) * scale], [max(0.0, high - one.value) * scale]],
            fmt="s" if rival else "o",
            markersize=5,
            markerfacecolor="white" if rival else _RUN,
            color=_RIVAL if rival else _RUN,
            capsize=2.5,
        )


def _at_the_edge(axis: Axes, place: int, value: float, limits: tuple[float, float]) -> None:
    """An arrow for a value outside."""
    right = value > limits[1]
    axis.plot(limits[right], place, ">" if right else "<", color=_RIVAL, markersize=6, clip_on=False, zorder=3)
    axis.annotate(
        f"{value:+.3g}",
        (limits[right], place),
        xytext=(-7 if right else 7, 0),
        textcoords="offset points",
        ha="right" if right else "left",
        va="center",
        fontsize=8,
        color=_RIVAL,
    )


def _range(found: Mapping[str, Estimate], scale: float) -> tuple[float, float]:
    """The axis that shows some intervals and 0."""
    ends = [end * scale for one in found.values() for end in (one.low, one.value, one.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.12 * (high - low) or 1.0
    return low - room, high + room


def scaled(found: Iterable[Estimate], unit: str) -> tuple[float, str]:
    """What to multiply figures by to have few digits, and their unit then."""
    sizes = [abs(one.value) for one in found if one.value]
    power = 3 * math.floor(math.log10(max(sizes)) / 3) if sizes else 0
    shown = unit.replace("^2", "²")
    if not unit or power == 0:
        return 1.0, shown
    return 10.0**-power, f"$10^{{{power}}}$ {shown}"
