"""The report's plots, each as the text of an SVG that is equal for equal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kmtalk_align.plotting import COLOURS, LINES, Line, figure
from kmtalk_align.quality.clips import Clip
from kmtalk_align.quality.premise import OFFSETS, Tested
from kmtalk_align.quality.statistics import Array
from kmtalk_align.results import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BINS = 40


def distributions(clips: Mapping[Run, Sequence[Clip]], limits: Mapping[str, float | None]) -> str:
    """Histograms over clips: durations, silence, words a second, scores with the aligner's limit, key frames."""
    measures: list[tuple[str, bool, Callable[[Clip], float | None]]] = [
        ("duration (s)", False, lambda clip: clip.duration_s),
        ("share of silence", False, lambda clip: clip.silence_share),
        ("words a second of speech", False, lambda clip: clip.words_per_spoken_s),
        ("score (mean log-likelihood a frame)", False, lambda clip: clip.score),
        ("key ratio (key frames / frames)", True, lambda clip: clip.key_ratio),
        ("key frames a second of speech", True, lambda clip: clip.key_frames_per_spoken_s),
    ]
    styles = _styles(list(clips))
    once = list({run.aligned: run for run in reversed(list(clips))}.values())
    with figure(10, 6.2, columns=3, rows=2) as (drawn, axes, buffer):
        for axis, (label, by_run, measure) in zip(axes, measures, strict=True):
            runs = [run for run in clips if by_run or run in once]
            values = {run: [value for clip in clips[run] if (value := measure(clip)) is not None] for run in runs}
            _histogram(axis, {run: np.array(found) for run, found in values.items() if found}, styles)
            axis.set(xlabel=label, ylabel="clips")
        for limit in {limit for limit in limits.values() if limit is not None}:
            axes[3].axvline(limit, color="0.3", linewidth=1)
            axes[3].annotate(
                f"limit {limit:g}",
                (limit, 1),
                xycoords=("data", "axes fraction"),
                va="top",
                fontsize=8,
                xytext=(3, 0),
                textcoords="offset points",
            )
        _legend_of_runs(drawn, styles)
    return buffer.getvalue().decode()


def cumulative(differences: Mapping[str, Mapping[str, Mapping[str, Array]]]) -> str:
    """The share of time differences whose size is at most so many milliseconds.

    differences: in seconds, by tier (a panel), alignment (a colour) and edge (a kind of line).
    """
    # A line needs no more points than it has pixels: the differences at a thousand even shares.
    shares = np.linspace(0, 1, 1001)
    names = sorted({name for panel in differences.values() for name in panel})
    with figure(0.5 + 4.5 * len(differences), 3.6, columns=len(differences)) as (drawn, axes, buffer):
        for axis, (tier, panel) in zip(axes, differences.items(), strict=True):
            for name, edges in panel.items():
                colour = COLOURS[names.index(name) % len(COLOURS)]
                for line, (edge, found) in zip(LINES, edges.items(), strict=False):
                    size = np.quantile(np.abs(found), shares) * 1000
                    axis.plot(size, shares, color=colour, linestyle=line, label=f"{name}, {edge}")
            for mark in (20, 50, 100):
                axis.axvline(mark, color="0.6", linewidth=0.8, zorder=0)
            axis.set(title=tier, xlabel="size of the difference (ms)", ylabel="share within", ylim=(0, 1.01))
            axis.set(xlim=(0, 200), xticks=(0, 20, 50, 100, 150, 200))
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8)
    return buffer.getvalue().decode()


def premise_ratios(tested: Sequence[Tested]) -> str:
    """Boundaries over elsewhere, and the control by uniform frames, with 95 % intervals; 1 is no difference."""
    labels = [f"{one.quantity}\n{one.aligned}" for one in tested]
    with figure(8, 1.2 + 0.55 * len(tested)) as (_, (axis,), buffer):
        for shift, column, name in ((-0.14, 0, "phone boundaries"), (0.14, 1, "uniform frames, as many")):
            mean = np.array([one.ratios.mean[column] for one in tested])
            low = np.array([one.ratios.low[column] for one in tested])
            high = np.array([one.ratios.high[column] for one in tested])
            axis.errorbar(
                mean,
                np.arange(len(tested)) + shift,
                xerr=[mean - low, high - mean],
                fmt="os"[column],
                markersize=4.5,
                capsize=3,
                color=COLOURS[column],
                label=name,
            )
        axis.axvline(1, color="0.3", linewidth=1)
        axis.set(xlabel="mean at these frames / mean at the other frames of speech", yticks=range(len(tested)))
        axis.set_yticklabels(labels, fontsize=8)
        axis.invert_yaxis()
        axis.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    return buffer.getvalue().decode()


def premise_offsets(tested: Sequence[Tested], fps: float) -> str:
    """What moves at frames before and after a phone boundary, over all frames likewise shifted, with 95 % bands."""
    quantities = list(dict.fromkeys(one.quantity for one in tested))
    names = list(dict.fromkeys(one.aligned for one in tested))
    with figure(10, 3.6, columns=len(quantities)) as (drawn, axes, buffer):
        for axis, quantity in zip(axes, quantities, strict=True):
            for one in tested:
                if one.quantity == quantity:
                    place = names.index(one.aligned)
                    colour, line = COLOURS[place % len(COLOURS)], LINES[place % len(LINES)]
                    axis.plot(
                        OFFSETS, one.offsets.mean, line, color=colour, marker="o", markersize=3, label=one.aligned
                    )
                    axis.fill_between(OFFSETS, one.offsets.low, one.offsets.high, color=colour, alpha=0.2, linewidth=0)
            axis.axhline(1, color="0.3", linewidth=1)
            axis.axvline(0, color="0.6", linewidth=0.8)
            axis.set(title=quantity, xlabel=f"frames after the boundary ({1000 / fps:g} ms each)", xticks=OFFSETS[::2])
        axes[0].set_ylabel("over all frames, likewise shifted")
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8)
    return buffer.getvalue().decode()


def _styles(runs: Sequence[Run]) -> dict[Run, tuple[str, Line]]:
    """A colour for each alignment, a kind of line for each selector."""
    aligned = list(dict.fromkeys(run.aligned for run in runs))
    selectors = list(dict.fromkeys(run.selector for run in runs))
    return {
        run: (
            COLOURS[aligned.index(run.aligned) % len(COLOURS)],
            LINES[selectors.index(run.selector) % len(LINES)],
        )
        for run in runs
    }


def _histogram(axis: Axes, values: Mapping[Run, Array], styles: Mapping[Run, tuple[str, Line]]) -> None:
    if not values:
        axis.text(0.5, 0.5, "nothing measured", ha="center", va="center", transform=axis.transAxes)
        return
    pooled = np.concatenate(list(values.values()))
    distinct = np.unique(np.round(pooled, 9))
    bins = min(_MOST_BINS, 5 + round(len(pooled) ** 0.5))
    # Whatever lies further out than all but a thousandth is counted in the first or last bin.
    low, high = np.quantile(pooled, [0.001, 0.999])
    if high <= low:
        edges = np.linspace(low - 0.5, low + 0.5, bins + 1)
    elif len(distinct) <= bins:  # shares of clips of one length, say: a bin for each value leaves no gaps
        middles = (distinct[1:] + distinct[:-1]) / 2
        edges = np.concatenate([[2 * distinct[0] - middles[0]], middles, [2 * distinct[-1] - middles[-1]]])
    else:
        edges = np.linspace(low, high, bins + 1)
    for run, found in values.items():
        counts, _ = np.histogram(np.clip(found, edges[0], edges[-1]), bins=edges)
        colour, line = styles[run]
        axis.stairs(counts, edges, color=colour, linestyle=line, linewidth=1.4)


def _legend_of_runs(figure: Figure, styles: Mapping[Run, tuple[str, Line]]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linestyle=line, label=run.name) for run, (colour, line) in styles.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8)
