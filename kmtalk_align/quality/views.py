"""The tables of the report as a person reads them: headings, and cells that are text already."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean, median

import numpy as np

from kmtalk_align.corpus import OK
from kmtalk_align.page import TableView
from kmtalk_align.quality.attention import Concern
from kmtalk_align.quality.clips import Clip
from kmtalk_align.quality.collect import Quality
from kmtalk_align.quality.premise import Tested
from kmtalk_align.quality.statistics import Array
from kmtalk_align.stage import Row
from kmtalk_align.time_differences import Differences

MOST = 50
# What makes two messages of one failure differ: quoted words, and numbers.
_PARTICULAR = re.compile(r"'.*'|-?\d+(\.\d+)?")


def _view(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> TableView:
    return TableView(headings, rows[:MOST], len(rows))


def runs(quality: Quality) -> TableView:
    """How each run came out."""
    rows = []
    for run in quality.runs:
        summary, clips = quality.summary(run), quality.clips[run]
        sources = ", ".join(f"{number} {source}" for source, number in sorted(summary.sources.items()))
        ratios = list(summary.key_ratios.values())
        rows.append(
            (
                run.name,
                str(summary.utterances)
                + (f", {summary.missing_shards} shards missing" if summary.missing_shards else ""),
                sources,
                _share(summary.word_error_rate),
                _number(_median([clip.score for clip in clips]), ".1f"),
                f"{summary.key_ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f})" if ratios else "–",
                _number(summary.key_frames_per_spoken_s, ".1f"),
                _number(_median([clip.words_per_spoken_s for clip in clips]), ".1f"),
                _share(_median([clip.silence_share for clip in clips])),
            )
        )
    headings = (
        *("run", "clips", "key frames come from", "word error rate", "median score", "key ratio, mean (range)"),
        *("key frames a second of speech", "words a second of speech, median", "silence, median"),
    )
    return _view(headings, rows)


def concerns(quality: Quality) -> TableView:
    """The clips that a person should look at first."""

    def why(one: Concern) -> str:
        by_alignments: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for found, where in one.found.items():
            by_alignments[where].append(found)
        lines = []
        for where, found_there in sorted(by_alignments.items()):
            named = "" if len(where) == len(quality.aligned) else f"{', '.join(where)}: "
            lines.append(named + "; ".join(found_there))
        return "\n".join(lines)

    rows = [(one.utterance_id, f"{one.severity:.1f}", why(one)) for one in quality.concerns]
    return _view(("clip", "severity", "why"), rows)


def failures(quality: Quality) -> TableView:
    """Failures by how many clips they struck, those that differ in id, quoted words and numbers alone as one."""
    seen: dict[tuple[str, str], list[Clip]] = defaultdict(list)
    for run in quality.runs:
        for clip in quality.clips[run]:
            if clip.failure:
                alike = _PARTICULAR.sub("#", clip.failure.replace(clip.utterance_id, "<id>"))
                seen[run.aligned, alike].append(clip)
    rows = []
    for (aligned, _), clips in sorted(seen.items(), key=lambda one: (-len(one[1]), one[0])):
        ids = sorted({clip.utterance_id for clip in clips})
        rows.append((aligned, str(len(ids)), clips[0].failure, ", ".join(ids[:8]) + (" ..." if len(ids) > 8 else "")))
    return _view(("alignment", "clips", "message, of one of them", "which"), rows)


def unknown_words(quality: Quality) -> TableView:
    """Words whose pronunciation was guessed, the most frequent first, by alignment."""
    counts: Counter[tuple[str, str]] = Counter()
    counted = {run.aligned: run for run in quality.runs}
    for aligned, run in counted.items():
        counts.update((aligned, word) for clip in quality.clips[run] for word in clip.unknown_words)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return _view(("alignment", "word", "times"), [(aligned, word, str(times)) for (aligned, word), times in ordered])


def transcripts(quality: Quality) -> TableView:
    """Word error rates between recognisers."""
    rows = []
    for (first, second), members in _pairs(quality.disagreement, "transcripts"):
        errors = sum(row["word_errors"] for row in members)
        words = sum(row["first_count"] for row in members)
        alike = sum(not row["word_errors"] for row in members)
        rows.append(
            (
                first,
                second,
                str(len(members)),
                str(words),
                _share(errors / words if words else None),
                _share(alike / len(members) if members else None),
            )
        )
    return _view(("first", "second", "clips", "words of the first", "word error rate", "clips that agree wholly"), rows)


def boundaries(quality: Quality) -> TableView:
    """Time differences between alignments, where their words and phones agree."""
    rows = []
    for level in ("words", "phones"):
        for (first, second), members in _pairs(quality.disagreement, level):
            for edge in ("start", "end"):
                found = Differences.of(pool(members, edge))
                rows.append(
                    (
                        f"{first} and {second}",
                        f"{level},\N{NO-BREAK SPACE}{edge}",
                        str(len(members)),
                        *_differences(found),
                    )
                )
    return _view(("alignments", "of", "clips", *_DIFFERENCES), rows)


def key_frames(quality: Quality) -> TableView:
    """How far the key frames of two runs agree."""
    rows = []
    for (first, second), members in _pairs(quality.disagreement, "key frames"):
        rows.append(
            (
                first,
                second,
                str(len(members)),
                _number(fmean(row["exact_f1"] for row in members) if members else None, ".3f"),
                _number(fmean(row["f1"] for row in members) if members else None, ".3f"),
                _number(fmean(row["uniform_f1"] for row in members) if members else None, ".3f"),
            )
        )
    headings = ("first", "second", "clips", "F1, same frame", "F1 within one frame", "F1 of uniform frames, as many")
    return _view(headings, rows)


def given_times(quality: Quality) -> TableView:
    """Aligned against given times."""
    rows = []
    for (aligned, tier), members in given_groups(quality.given_times):
        labels = sum(row["given"] for row in members)
        matched = sum(row["matched"] for row in members)
        agree = f"{matched} of {labels} ({matched / labels:.0%})" if labels else "–"
        for edge in ("start", "end"):
            found = Differences.of(pool(members, edge))
            rows.append((aligned, f"{tier},\N{NO-BREAK SPACE}{edge}", str(len(members)), agree, *_differences(found)))
    return _view(("alignment", "of", "clips", "labels that agree", *_DIFFERENCES), rows)


def premise(tested: Sequence[Tested], unit: str) -> TableView:
    """Means at phone boundaries and elsewhere, and their ratio beside the control's."""
    rows = []
    for one in tested:
        per = f"{unit}/s²" if one.quantity == "acceleration" else f"{unit}/s"
        intervals = [
            f"{mean:.3f} ({low:.3f} to {high:.3f})"
            for mean, low, high in zip(one.ratios.mean, one.ratios.low, one.ratios.high, strict=True)
        ]
        means = (f"{one.at_boundaries:.3g} {per}", f"{one.elsewhere:.3g} {per}")
        rows.append((one.aligned, one.quantity, f"{one.ratios.n} of {one.subjects} subjects", *means, *intervals))
    headings = (
        *("alignment", "quantity", "clips", "at boundaries", "elsewhere", "boundaries / elsewhere (95 %)"),
        *("control: uniform / others (95 %)", "boundaries over control (95 %)"),
    )
    return _view(headings, rows)


def pool(rows: Sequence[Row], edge: str) -> Array:
    """The differences of starts or ends of many rows, in seconds."""
    return np.array([value for row in rows for value in row[f"{edge}_differences_s"]], dtype=float)


def given_groups(rows: Sequence[Row]) -> list[tuple[tuple[str, str], list[Row]]]:
    """The rows of GIVEN_TIMES that are well, by alignment and tier: words first."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["status"] == OK:
            groups[row["aligned"], row["tier"]].append(row)
    return sorted(groups.items(), key=lambda one: (one[0][1] != "words", one[0][0]))


def _pairs(rows: Sequence[Row], level: str) -> list[tuple[tuple[str, str], list[Row]]]:
    """The rows of a level by pair, without those of clips that one of the two lacks."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["level"] == level:
            groups[row["first"], row["second"]] += [row] if row["status"] == OK else []
    return sorted(groups.items())


_DIFFERENCES = ("differences", "median size", "95th percentile", "mean (bias)", "within 20 ms", "50 ms", "100 ms")


def _differences(found: Differences | None) -> tuple[str, ...]:
    if found is None:
        return ("0", *["–"] * 6)
    return (
        str(found.n),
        f"{1000 * found.median_s:.0f} ms",
        f"{1000 * found.percentile_95_s:.0f} ms",
        f"{round(1000 * found.bias_s):+d} ms",
        *(f"{share:.1%}" for share in (found.within_20_ms, found.within_50_ms, found.within_100_ms)),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _number(value: float | None, spec: str) -> str:
    return "–" if value is None else format(value, spec)


def _share(value: float | None) -> str:
    return _number(value, ".1%")
