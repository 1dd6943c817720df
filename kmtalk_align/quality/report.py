"""The quality report: quality.html, one file that needs nothing else, and the tables that it is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kmtalk_align import page
from kmtalk_align.files import check_writable, write_bytes
from kmtalk_align.quality import plots, views
from kmtalk_align.quality.attention import RULES
from kmtalk_align.quality.collect import Quality, collect
from kmtalk_align.quality.premise import Mesh, Tested, pooled
from kmtalk_align.quality.statistics import Array

VERSION = 2


def write_report(folder: Path, root: Path | None, output: Path, runs: Iterable[str] = ()) -> Quality:
    """Write the quality report of the results in `folder` to the folder `output`; gives what it is made of.

    root: the corpus' root, where its motion and word times lie; without it the report says what it lacks. runs: those
    to look at, all where empty. The bytes depend on the data alone. Raises ArtefactError where there are no results, or
    something can't be read or written, ConfigError where there is no such run or root.
    """
    check_writable(output / "quality.html")
    quality = collect(folder, root, runs)
    quality.write(output)
    write_bytes(output / "quality.html", render(quality).encode())
    return quality


def render(quality: Quality) -> str:
    """The report as HTML."""
    corpus = quality.results.corpus
    tested = pooled(quality.premise)
    mesh = Mesh.of(corpus)
    return page.render(
        "kmtalk_align.quality",
        "quality.html.j2",
        name=corpus.get("name", ""),
        description=quality.results.description,
        facts=_facts(quality),
        notices=quality.notices,
        runs=views.runs(quality),
        concerns=views.concerns(quality),
        rules=RULES,
        failures=views.failures(quality),
        unknown_words=views.unknown_words(quality),
        transcripts=views.transcripts(quality),
        boundaries=views.boundaries(quality),
        key_frames=views.key_frames(quality),
        given_times=views.given_times(quality),
        premise=views.premise(tested, str(corpus.get("unit", ""))),
        findings=[_finding(one) for one in tested if one.quantity != "mouth opening"],
        region=mesh.region if mesh else "",
        plots=_plots(quality, tested),
    )


def _plots(quality: Quality, tested: Sequence[Tested]) -> dict[str, str]:
    """The plots that there is data for, as the addresses of images."""
    drawn: dict[str, str] = {}
    if any(quality.clips.values()):
        limits = {aligned: quality.results.score_limit(aligned) for aligned in quality.aligned}
        drawn["distributions"] = plots.distributions({run: quality.clips[run] for run in quality.runs}, limits)
    given: dict[str, dict[str, dict[str, Array]]] = {}
    for (aligned, tier), rows in views.given_groups(quality.given_times):
        edges = {edge: views.pool(rows, edge) for edge in ("start", "end")}
        if len(edges["start"]):
            given.setdefault(tier, {})[aligned] = edges
    if given:
        drawn["given_times"] = plots.cumulative(given)
    if tested:
        drawn["premise_ratios"] = plots.premise_ratios(tested)
        drawn["premise_offsets"] = plots.premise_offsets(tested, float(quality.results.corpus["fps"]))
    return {name: page.as_address(svg.encode()) for name, svg in drawn.items()}


def _facts(quality: Quality) -> dict[str, Any]:
    """What is said of the corpus under its name."""
    corpus = quality.results.corpus
    durations = {clip.utterance_id: clip.duration_s for run in quality.runs for clip in quality.clips[run]}
    return {
        "clips": len(durations),
        "minutes": f"{sum(durations.values()) / 60:.1f}",
        "subjects": len({clip.subject for run in quality.runs for clip in quality.clips[run]}),
        "fps": f"{corpus.get('fps', 0):g}",
        "vertices": corpus.get("vertex_count", 0),
        "unit": corpus.get("unit", ""),
    }


def _finding(tested: Tested) -> str:
    """What a test came to, in a sentence."""
    mean, low, high = (float(values[0]) for values in (tested.ratios.mean, tested.ratios.low, tested.ratios.high))
    interval = f"(ratio {mean:.3f}, 95 % interval {low:.3f} to {high:.3f})"
    verdict = (
        f"{abs(mean - 1):.1%} {'higher' if mean > 1 else 'lower'}" if low > 1 or high < 1 else "not shown to differ"
    )
    return f"{tested.aligned}: {tested.quantity} at phone boundaries is {verdict} {interval}."
