"""Stage `evaluate` on files: runs beside their rivals -> JSON, and a table of the values of clips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kmtalk_align.files import write_bytes
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.comparison import SCORES, Comparison
from kmtalk_model.evaluation import Predictor, evaluate
from kmtalk_model.feature_cache import FeatureCache
from kmtalk_model.resample import Resampling
from kmtalk_model.rivals import Hear, fit_rivals


@dataclass(frozen=True)
class Request:
    """What to compare: the split, the protocol's name, the alignments ``<asr>.<aligner>`` whose phones closure goes by
    (None: the first run's), the system that the others are compared with (None: the first), and whether runs are also
    asked with other key motions and other audio.
    """

    split: str
    protocol: str = "codetalker"
    aligned: str | None = None
    reference: str | None = None
    probe: bool = False


def evaluate_runs(
    runs: Sequence[Path], root: Path, request: Request, *, results: Path | None = None, device: str = "cpu"
) -> Comparison:
    """Runs of one corpus, folders ``results/<corpus>/runs/<experiment>`` or their run.json, beside the rivals.

    A clip that lacks the features or key frames of one of them is left out for all. Raises ArtefactError where a run,
    or what it reads, is missing, and what `evaluate` raises.
    """
    from kmtalk_model.dataset import streams_of
    from kmtalk_model.predictor import RunPredictor, probes
    from kmtalk_model.run_folder import RunFolder

    folders = [RunFolder.load(run) for run in runs]
    corpus = CapturedCorpus(results or folders[0].folder.absolute().parents[1], root)
    systems = [RunPredictor(corpus, folder, device) for folder in folders]
    first = systems[0]
    aligned = request.aligned or f"{first.keys.asr}.{first.keys.aligner}"
    missing = {one: why for system in reversed(systems) for one, why in system.heard.missing.items()}
    hear = hearing(first.heard.cache, first.audio.resample, streams_of(first.audio))
    more = [one for system in systems for one in probes(system)] if request.probe else []
    return compare_with_rivals(corpus, hear, missing, [*systems, *more], replace(request, aligned=aligned))


def compare_with_rivals(
    corpus: CapturedCorpus, hear: Hear, unheard: Mapping[str, str], systems: Sequence[Predictor], request: Request
) -> Comparison:
    """Systems beside the mean pose and ridge regression, which are fitted here from the features that the systems hear.

    unheard: clips that some system can't predict, and why; they are left out for all. Raises what `evaluate` and
    `fit_rivals` raise.
    """
    return evaluate(
        corpus,
        request.split,
        [*systems, *fit_rivals(corpus, hear, unheard)],
        protocol=request.protocol,
        aligned=request.aligned,
        reference=request.reference,
        left_out=unheard,
    )


def hearing(features: FeatureCache, how: Resampling, streams: Sequence[str] | None = None) -> Hear:
    """The named streams of a cache, or all, at the frames of a clip: (n_frames, d)."""
    return lambda clip: features.at_frames(clip.utterance_id, clip.n_frames, clip.fps, how, streams)


def scores_path(output: Path) -> Path:
    """Where the values of clips lie: beside the JSON."""
    return output.with_suffix(".parquet")


def write_comparison(comparison: Comparison, output: Path) -> None:
    """Write the JSON, and the values of clips beside it. Raises ArtefactError where they can't be written."""
    SCORES.write(scores_path(output), comparison.rows())
    content = json.dumps(comparison.as_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(output, content.encode())
