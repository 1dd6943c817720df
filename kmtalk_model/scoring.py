"""One prediction of one clip against its captured motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import PredictionError
from kmtalk_model import metrics
from kmtalk_model.captured import CapturedCorpus, Intervals
from kmtalk_model.metrics import Values, Vertices
from kmtalk_model.protocols import ClipScore


@dataclass(frozen=True)
class _Mouth:
    """How a mouth moves in a clip: its opening at each frame (T,), and the smallest one within each bilabial (K,)."""

    openings: Values
    closest: Values

    def less(self, captured: _Mouth) -> dict[str, Any]:
        """The columns of ClipScore that compare it with the captured mouth."""
        excess = self.closest - captured.closest
        return {
            "opening_correlation": metrics.correlation(self.openings, captured.openings),
            "bilabials": len(excess),
            "closure_excess": float(excess.sum()),
            "closure_error": float(np.abs(excess).sum()),
        }


@dataclass(frozen=True)
class _Measured:
    """What is measured of the motion of a clip by itself; mouth: None where the corpus names no mouth opening."""

    dynamics: float
    mouth: _Mouth | None


class Scorer:
    """Scores predictions of the clips of a split; it holds a few numbers a clip, never their motion."""

    def __init__(
        self, corpus: CapturedCorpus, clips: Mapping[str, Utterance], bilabials: Mapping[str, Intervals]
    ) -> None:
        """Raises ConfigError where the corpus lacks a region that the metrics need."""
        self._corpus, self._clips, self._bilabials = corpus, clips, bilabials
        self._lips = corpus.region("lips", needed_by="lip vertex error")
        self._upper_face = corpus.region("upper_face", needed_by="upper-face dynamics deviation")
        self._captured: dict[str, _Measured] = {}

    def score(self, system: str, utterance_id: str, predicted: Vertices) -> ClipScore:
        """What a system's vertices (T, V, 3) of a clip are worth. Those beyond the captured ones are cut off.

        Raises PredictionError where they are of no clip of the split, too few, of another mesh, or not finite.
        """
        if utterance_id not in self._clips:
            raise PredictionError(f"{system} predicts a clip that was not asked for", where=utterance_id)
        clip = self._clips[utterance_id]
        captured = self._corpus.vertices(clip)
        predicted = _cut(system, utterance_id, predicted, captured)
        if utterance_id not in self._captured:
            self._captured[utterance_id] = self._measure(clip, captured)
        known, shown = self._captured[utterance_id], self._measure(clip, predicted)
        errors = metrics.lip_vertex_errors(predicted, captured, self._lips)
        return ClipScore(
            utterance_id,
            clip.subject,
            frames=len(captured),
            squared_lip_errors=float(errors.sum()),
            lip_errors=float(np.sqrt(errors).sum()),
            dynamics_lost=known.dynamics - shown.dynamics,
            vertex_error=metrics.mean_vertex_error(predicted, captured),
            **(shown.mouth.less(known.mouth) if shown.mouth and known.mouth else {}),
        )

    def _measure(self, clip: Utterance, vertices: Vertices) -> _Measured:
        dynamics = metrics.upper_face_dynamics(vertices, self._corpus.template(clip), self._upper_face)
        if self._corpus.mouth_opening is None:
            return _Measured(dynamics, None)
        openings = metrics.mouth_openings(vertices, self._corpus.mouth_opening)
        intervals = self._bilabials.get(clip.utterance_id, ())
        return _Measured(dynamics, _Mouth(openings, metrics.closest(openings, intervals, clip.fps)))


def _cut(system: str, utterance_id: str, predicted: Vertices, captured: Vertices) -> Vertices:
    """A prediction as long as the capture (cal_metric.py: ``pred[:T]``). Raises PredictionError where it can't be."""
    if predicted.ndim != 3 or predicted.shape[1:] != captured.shape[1:]:
        raise PredictionError(
            f"{system} predicts vertices of shape {predicted.shape}, the captured ones have {captured.shape}",
            where=utterance_id,
            fix="evaluate a system that was trained on this corpus' mesh",
        )
    if len(predicted) < len(captured):
        raise PredictionError(
            f"{system} predicts {len(predicted)} frames, {len(captured)} were captured", where=utterance_id
        )
    cut = predicted[: len(captured)]
    if not np.isfinite(cut).all():
        raise PredictionError(f"{system} predicts vertices that are not finite numbers", where=utterance_id)
    return cut
