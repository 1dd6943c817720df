"""Which clips a person should look at first, and why: a few rules, each worth some points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kmtalk_align.corpus import OK
from kmtalk_align.quality.clips import Clip
from kmtalk_align.quality.statistics import Spread

# How far from the run's median, in robust standard deviations, something counts as far out (Iglewicz & Hoaglin, How to
# Detect and Handle Outliers, 1993).
_FAR = 3.5
_MOST_FOR_FAR = 3.0
# Scores so near above the aligner's limit are doubtful: by default from -25 to -40.
_NEAR_LIMIT = 15.0
_MANY_ERRORS = 0.5

# What the report says of the rules, in their order.
RULES = {
    "failed": "it has no key frames: 10 points",
    "not aligned": "its key frames are a fallback: 8",
    "no transcript": "not aligned, but only because the corpus gives no transcript: 1",
    "low score": f"within {_NEAR_LIMIT:g} of the aligner's limit: 1, rising to 4 at the limit; or `far out` downwards",
    "word errors": "half of the words or more differ from the corpus' transcript: 4 times the share, at most 4",
    "recognisers disagree": "half of the words or more differ from what another recogniser heard: likewise",
    "far out": f"key ratio (of phone boundaries), words a second of speech, or a long silence: more than {_FAR:g} "
    f"robust standard deviations from the run's median: 1 for each {_FAR:g}, at most {_MOST_FOR_FAR:g} each",
    "unknown words": "pronounced by guess: half a point each, at most 2",
}


@dataclass(frozen=True)
class Reason:
    """Why to look at a clip: the rule, its points, and what was found."""

    rule: str
    points: float
    found: str


@dataclass(frozen=True)
class Concern:
    """An utterance over all runs: its severity, the mean over runs of the sum of points; and each thing found, with the
    runs it was found in.
    """

    utterance_id: str
    severity: float
    found: Mapping[str, tuple[str, ...]]


def reasons_by_clip(clips: Sequence[Clip], score_limit: float | None) -> list[list[Reason]]:
    """For each clip of one run, the reasons to look at it, the gravest first."""
    measures: dict[str, Callable[[Clip], float | None]] = {
        "key ratio": lambda clip: clip.key_ratio if clip.source == "phoneme" else None,
        "words a second of speech": lambda clip: clip.words_per_spoken_s,
        "share of silence": lambda clip: clip.silence_share,
        "score": lambda clip: clip.score,
    }
    spreads = {
        name: Spread.of([value for clip in clips if (value := measure(clip)) is not None])
        for name, measure in measures.items()
    }
    found = []
    for clip in clips:
        values = {name: measure(clip) for name, measure in measures.items()}
        reasons = [
            *_failure(clip),
            *_low_score(clip.score, spreads["score"], score_limit),
            *_words(clip),
            *_far_out({name: value for name, value in values.items() if name != "score"}, spreads),
            *_unknown(clip),
        ]
        found.append(sorted(reasons, key=lambda reason: -reason.points))
    return found


def rank(reasons: Iterable[tuple[Clip, Sequence[Reason]]]) -> list[Concern]:
    """The utterances that have any reason, the gravest first, ties by id."""
    sums: dict[str, list[float]] = defaultdict(list)
    texts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for clip, found in reasons:
        sums[clip.utterance_id].append(sum(reason.points for reason in found))
        for reason in found:
            runs = texts[clip.utterance_id][reason.found]
            # Runs that differ in their selector alone share most reasons.
            if clip.run.aligned not in runs:
                runs.append(clip.run.aligned)
    ranked = [
        Concern(one, sum(sums[one]) / len(sums[one]), {text: tuple(runs) for text, runs in found.items()})
        for one, found in texts.items()
    ]
    return sorted(ranked, key=lambda one: (-round(one.severity, 6), one.utterance_id))


def _failure(clip: Clip) -> Iterator[Reason]:
    if clip.status != OK:
        yield Reason("failed", 10.0, f"failed: {_reason(clip)}")
    elif clip.lacks_transcript:
        yield Reason("no transcript", 1.0, "the corpus gives no transcript")
    elif clip.failure:
        yield Reason("not aligned", 8.0, f"not aligned: {_reason(clip)}")


def _reason(clip: Clip) -> str:
    return clip.failure.removeprefix(f"{clip.utterance_id}: ")


def _low_score(score: float | None, spread: Spread | None, limit: float | None) -> Iterator[Reason]:
    if score is None:
        return
    near = 0.0 if limit is None else 1 + 3 * (limit + _NEAR_LIMIT - score) / _NEAR_LIMIT
    z = -spread.z(score) if spread else 0.0
    points = max(near if near > 1 else 0.0, _far_points(z))
    if points:
        yield Reason("low score", min(points, 4.0), f"low score {score:.1f}")


def _words(clip: Clip) -> Iterator[Reason]:
    rate, other = clip.word_error_rate, clip.recogniser_disagreement
    if rate is not None and rate >= _MANY_ERRORS:
        yield Reason("word errors", 4 * min(rate, 1.0), f"{rate:.0%} word errors against the corpus' transcript")
    if other is not None and other >= _MANY_ERRORS:
        yield Reason("recognisers disagree", 4 * min(other, 1.0), f"recognisers disagree on {other:.0%} of the words")


def _far_out(values: Mapping[str, float | None], spreads: Mapping[str, Spread | None]) -> Iterator[Reason]:
    for name, value in values.items():
        spread = spreads[name]
        if value is None or spread is None:
            continue
        z = spread.z(value)
        points = _far_points(z if name == "share of silence" else abs(z))
        if points:
            yield Reason("far out", points, f"{name} {value:.2f}, the median is {spread.median:.2f}")


def _far_points(z: float) -> float:
    return min(z / _FAR, _MOST_FOR_FAR) if z > _FAR else 0.0


def _unknown(clip: Clip) -> Iterator[Reason]:
    if clip.unknown_words:
        words = ", ".join(clip.unknown_words)
        yield Reason("unknown words", min(0.5 * len(clip.unknown_words), 2.0), f"pronounced by guess: {words}")
