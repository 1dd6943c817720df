"""Stage `evaluate`: what several systems predict of the clips of a split -> figures with intervals, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from kmtalk_align import progress
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, PredictionError
from kmtalk_model import protocols
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.comparison import Comparison
from kmtalk_model.metrics import Vertices
from kmtalk_model.protocols import ClipScore, Metric
from kmtalk_model.scoring import Scorer

# A percentile interval over fewer clips is narrower than it says.
_FEW_CLIPS = 10


class Predictor(Protocol):
    """A system, or one way to use it (`kmtalk`, `kmtalk, keys zeroed`), by the name that its figures go under."""

    @property
    def name(self) -> str:
        """What its row is called."""

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """The vertices (T, V, 3) of each clip by utterance id, in any order; one clip is held at a time."""

    def figures(self) -> Mapping[str, float]:
        """What else there is to report of it, once it has predicted: the mean share of Phi in the gate, a penalty."""


def evaluate(
    corpus: CapturedCorpus,
    split: str,
    predictors: Sequence[Predictor],
    *,
    protocol: str = "codetalker",
    aligned: str | None = None,
    reference: str | None = None,
    left_out: Mapping[str, str] | None = None,
) -> Comparison:
    """Score what each system predicts of the clips of a split.

    aligned: ``<asr>.<aligner>``, whose phones say where the lips must meet; without it, bilabial closure is left out.
    reference: the system that the others are compared with, by default the first. left_out: clips that some system
    can't predict, and why: none is asked for them. Raises ConfigError where the corpus lacks a region, the protocol is
    not for its unit, or a name is unknown; PredictionError where a prediction can't be compared.
    """
    rule = protocols.protocol_of(protocol)
    rule.check_unit(corpus.unit)
    reference = _reference(predictors, reference)
    found = corpus.split(split)
    omitted = {**found.failed, **{one: why for one, why in (left_out or {}).items() if one in found.clips}}
    clips = {one: clip for one, clip in found.clips.items() if one not in omitted}
    if not clips:
        raise ConfigError(f"no clip of split {split!r} is left", fix=f"the first: {next(iter(omitted.values()))}")
    scorer = Scorer(corpus, clips, corpus.bilabials(aligned, clips) if aligned else {})
    scores = {one.name: _scores(one, clips, scorer) for one in predictors}
    lacking = _lacking(corpus, aligned, scores[reference])
    return Comparison(
        corpus=corpus.name,
        description=corpus.results.description,
        unit=corpus.unit,
        split=split,
        protocol=rule,
        metrics=tuple(metric for metric in rule.metrics if metric.needs not in lacking),
        reference=reference,
        scores=scores,
        figures={one.name: dict(one.figures()) for one in predictors},
        left_out=omitted,
        aligned=aligned,
        notices=tuple(_notices(rule.metrics, lacking, len(clips), omitted)),
    )


def _reference(predictors: Sequence[Predictor], wanted: str | None) -> str:
    names = [one.name for one in predictors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"two systems are called {', '.join(twice)}", fix="give one of the runs another name")
    if wanted is not None and wanted not in names:
        raise ConfigError(f"there is no system {wanted!r}", where="--reference", fix=f"choose from: {', '.join(names)}")
    return wanted or names[0]


def _scores(predictor: Predictor, clips: Mapping[str, Utterance], scorer: Scorer) -> tuple[ClipScore, ...]:
    """The scores of all clips, in their order. Raises PredictionError for one that is missing, or comes twice."""
    found: dict[str, ClipScore] = {}
    with progress.bar(predictor.name, len(clips)) as advance:
        for utterance_id, vertices in predictor.predict(list(clips.values())):
            if utterance_id in found:
                raise PredictionError(f"{predictor.name} predicts it twice", where=utterance_id)
            found[utterance_id] = scorer.score(predictor.name, utterance_id, vertices)
            advance()
    for utterance_id in clips:
        if utterance_id not in found:
            raise PredictionError(f"{predictor.name} gives no prediction of it", where=utterance_id)
    return tuple(found[utterance_id] for utterance_id in clips)


def _lacking(corpus: CapturedCorpus, aligned: str | None, scores: Sequence[ClipScore]) -> dict[str | None, str]:
    """What metrics may need and is not there, and what is said of it."""
    if corpus.mouth_opening is None:
        why = "the corpus names no mouth_opening (a pair of inner lip vertices, in its config block)"
        return {"mouth_opening": why, "bilabials": why}
    if aligned is None:
        return {"bilabials": "no alignments were given (--alignments ASR.ALIGNER)"}
    if not any(clip.bilabials for clip in scores):
        return {"bilabials": f"the alignments {aligned} have no /p b m/ in these clips"}
    return {}


def _notices(
    metrics: Sequence[Metric], lacking: Mapping[str | None, str], clips: int, omitted: Mapping[str, str]
) -> Iterator[str]:
    for metric in metrics:
        if metric.needs in lacking:
            yield f"{metric.label} is left out: {lacking[metric.needs]}"
    if clips < _FEW_CLIPS:
        yield f"the intervals are over {clips} clips, too few to tell systems apart"
    if omitted:
        yield f"{len(omitted)} clips of the split are left out; the first: {next(iter(omitted.values()))}"
