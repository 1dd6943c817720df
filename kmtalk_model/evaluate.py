"""Stage `evaluate` on files: systems beside their rivals -> JSON, and a table of the values of clips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpus import Utterance
from kmtalk_align.files import write_bytes
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.comparison import SCORES, Comparison
from kmtalk_model.evaluation import Predictor, evaluate
from kmtalk_model.feature_cache import FeatureCache
from kmtalk_model.resample import Resampling
from kmtalk_model.rivals import fit_rivals


@dataclass(frozen=True)
class Request:
    """What to compare: the split, the protocol's name, the alignments ``<asr>.<aligner>`` whose phones closure goes by
    (None: without closure), and the system that the others are compared with (None: the first).
    """

    split: str
    protocol: str = "codetalker"
    aligned: str | None = None
    reference: str | None = None


def compare_with_rivals(
    corpus: CapturedCorpus,
    features: FeatureCache,
    how: Resampling,
    systems: Sequence[Predictor],
    request: Request,
) -> Comparison:
    """Systems beside the mean pose and ridge regression, which are fitted here, from the features that they hear.

    A clip without features is left out for all. Raises what `evaluate` and `fit_rivals` raise.
    """
    unheard = features.failures()

    def hear(clip: Utterance) -> NDArray[np.float32]:
        return features.at_frames(clip.utterance_id, clip.n_frames, clip.fps, how)

    return evaluate(
        corpus,
        request.split,
        [*systems, *fit_rivals(corpus, hear, unheard)],
        protocol=request.protocol,
        aligned=request.aligned,
        reference=request.reference,
        left_out=unheard,
    )


def scores_path(output: Path) -> Path:
    """Where the values of clips lie: beside the JSON."""
    return output.with_suffix(".parquet")


def write_comparison(comparison: Comparison, output: Path) -> None:
    """Write the JSON, and the values of clips beside it. Raises ArtefactError where they can't be written."""
    SCORES.write(scores_path(output), comparison.rows())
    content = json.dumps(comparison.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(output, content.encode())
