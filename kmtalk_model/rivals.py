"""What a network must beat: the mean pose, and ridge regression from the features that the network hears.

Both are fitted by walking through the clips of `train`: memory does not grow with their number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import progress
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError
from kmtalk_model import metrics
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.metrics import Vertices
from kmtalk_model.ridge import Ridge, Rows, Scaling

Hear = Callable[[Utterance], NDArray[np.floating]]
"""The features (T, d) of a clip at its frames."""

# Frames on either side that the regression hears too: at 25 fps, 80 ms.
CONTEXT = 2
# Penalties to choose from on `val`. Features have unit deviation, so that a frame adds about 1 to each one's sum.
PENALTIES = tuple(10 ** (power / 2) for power in range(13))
_log = logging.getLogger(__name__)


class MeanPose:
    """The template of each subject with the mean offset of all training frames: a face that stands still."""

    name = "mean pose"

    def __init__(self, corpus: CapturedCorpus, train: Sequence[Utterance]) -> None:
        """Fit it on the clips of `train`. Raises ArtefactError where their motion can't be read."""
        self._corpus = corpus
        self._mean = np.zeros_like(next(iter(corpus.templates.values())), dtype=np.float64)
        frames = sum(clip.n_frames for clip in train)
        for clip in train:
            self._mean += corpus.offsets(clip).sum(axis=0) / frames

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """The same vertices at each frame of a clip, (T, V, 3), by utterance id."""
        for clip in clips:
            pose = self._corpus.template(clip) + self._mean
            yield clip.utterance_id, np.broadcast_to(pose, (clip.n_frames, *pose.shape))

    def figures(self) -> Mapping[str, float]:
        """Nothing beside its predictions."""
        return {}


class RidgeRegression:
    """Ridge regression from the features of a frame and its neighbours to the offsets of all vertices."""

    name = "ridge regression"

    def __init__(
        self,
        corpus: CapturedCorpus,
        hear: Hear,
        train: Sequence[Utterance],
        val: Sequence[Utterance],
        *,
        context: int = CONTEXT,
        penalties: Sequence[float] = PENALTIES,
    ) -> None:
        """Fit it on `train` and choose the penalty by LVE on `val`.

        Raises ArtefactError where features or motion can't be read, ConfigError where the corpus has no lips.
        """
        self._corpus, self._hear, self._context = corpus, hear, context
        lips = corpus.region("lips", needed_by="choice of the ridge penalty")
        self._scaling = Scaling.of(hear(clip) for clip in train)
        with progress.bar("ridge regression", len(train)) as advance:
            self._ridge = Ridge.fit(self._pairs(train, advance))
        errors = self._lip_errors(val, lips, penalties)
        self.penalty = min(errors, key=errors.__getitem__)
        _log.info("ridge regression: penalty %.3g, LVE on val %.3g", self.penalty, errors[self.penalty])

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """The vertices (T, V, 3) of each clip, by utterance id."""
        for clip in clips:
            [offsets] = self._ridge.predict(self._heard(clip), [self.penalty])
            yield clip.utterance_id, self._corpus.template(clip) + offsets.reshape(clip.n_frames, -1, 3)

    def figures(self) -> Mapping[str, float]:
        """The penalty that was chosen, and how many frames on either side are heard."""
        return {"penalty": self.penalty, "context": self._context}

    def _heard(self, clip: Utterance) -> Rows:
        return with_context(self._scaling(self._hear(clip)), self._context)

    def _pairs(self, clips: Sequence[Utterance], advance: Callable[[], None]) -> Iterator[tuple[Rows, Rows]]:
        for clip in clips:
            yield self._heard(clip), self._corpus.offsets(clip).reshape(clip.n_frames, -1).astype(np.float32)
            advance()

    def _lip_errors(
        self, clips: Sequence[Utterance], lips: metrics.Indices, penalties: Sequence[float]
    ) -> dict[float, float]:
        """The LVE by penalty, pooled over frames."""
        ridge = self._ridge.only((3 * lips[:, None] + np.arange(3)).reshape(-1))
        every = np.arange(len(lips))
        sums = dict.fromkeys(penalties, 0.0)
        for clip in clips:
            captured = self._corpus.offsets(clip)[:, lips]
            for penalty, predicted in zip(penalties, ridge.predict(self._heard(clip), penalties), strict=True):
                errors = metrics.lip_vertex_errors(predicted.reshape(captured.shape), captured, every)
                sums[penalty] += float(errors.sum())
        frames = sum(clip.n_frames for clip in clips)
        return {penalty: total / frames for penalty, total in sums.items()}


RIVALS = (MeanPose.name, RidgeRegression.name)


def fit_rivals(corpus: CapturedCorpus, hear: Hear, unheard: Container[str] = ()) -> tuple[MeanPose, RidgeRegression]:
    """Both of them, fitted on `train`, the penalty chosen on `val`.

    unheard: clips that have no features, on which the regression is not fitted. Raises ConfigError where one of the
    splits is empty.
    """
    train, val = (list(corpus.split(name).clips.values()) for name in ("train", "val"))
    heard, chosen_on = ([clip for clip in clips if clip.utterance_id not in unheard] for clips in (train, val))
    for split, clips in (("train", heard), ("val", chosen_on)):
        if not clips:
            raise ConfigError(f"no clip of split {split!r} has features", where=corpus.results.folder)
    if len(heard) < len(train):
        _log.warning("ridge regression: %d clips of train have no features", len(train) - len(heard))
    return MeanPose(corpus, train), RidgeRegression(corpus, hear, heard, chosen_on)


def with_context(features: Rows, context: int) -> Rows:
    """Features (T, d) beside those of their neighbours, (T, (2 * context + 1) * d); the ends are held."""
    places = np.arange(len(features))[:, None] + np.arange(-context, context + 1)
    found: Rows = features[np.clip(places, 0, len(features) - 1)].reshape(len(features), -1)
    return found
