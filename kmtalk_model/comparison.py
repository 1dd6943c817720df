"""How well several systems predict the clips of a split: figures, their intervals, and paired differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kmtalk_align.tables import Table
from kmtalk_model import statistics
from kmtalk_model.protocols import ClipScore, Metric, Protocol
from kmtalk_model.statistics import Difference, Estimate, Values

# The layout of the JSON.
VERSION = 1

# A system and a clip, in the corpus' unit; errors are means over the clip's frames, closure over its bilabial phones.
SCORES = Table(
    "scores of clips",
    {
        "system": "string",
        "utterance_id": "string",
        "subject": "string",
        "frames": "int64",
        "squared_lip_error": "double",
        "lip_error": "double",
        "upper_face_dynamics_deviation": "double",
        "mean_vertex_error": "double",
        "mouth_opening_correlation": "double?",
        "bilabials": "int64",
        "bilabial_closure_excess": "double?",
        "absolute_bilabial_closure_error": "double?",
    },
)


@dataclass(frozen=True)
class Comparison:
    """Systems side by side.

    metrics: those of the protocol that the corpus has what it takes for; reference: the system that the others are
    compared with; scores: of each clip by system, all in the same order; figures: what else a system reported;
    left_out: clips of the split that none was asked for, and why; aligned: whose phones closure goes by; notices: what
    a reader must know of the figures.
    """

    corpus: str
    description: str
    unit: str
    split: str
    protocol: Protocol
    metrics: tuple[Metric, ...]
    reference: str
    scores: Mapping[str, Sequence[ClipScore]]
    figures: Mapping[str, Mapping[str, float]]
    left_out: Mapping[str, str]
    aligned: str | None
    notices: tuple[str, ...]

    @cached_property
    def estimates(self) -> Mapping[str, Mapping[str, Estimate]]:
        """Each metric of each system, with its interval over clips."""
        return {
            system: {metric.name: statistics.ratio(*self.parts(system, metric)) for metric in self.metrics}
            for system in self.scores
        }

    @cached_property
    def differences(self) -> Mapping[str, Mapping[str, Difference]]:
        """Each metric of each system but the reference, less that of the reference, clip by clip."""
        return {
            system: {metric.name: self._less_reference(system, metric) for metric in self.metrics}
            for system in self.scores
            if system != self.reference
        }

    def unit_of(self, metric: Metric) -> str:
        """What a metric is in; empty for a pure number."""
        return self.protocol.unit_of(metric, self.unit)

    def parts(self, system: str, metric: Metric) -> tuple[Values, Values]:
        """What a metric sums over the clips, and what it divides by, each (C,)."""
        found = np.array([self.protocol.parts(metric, clip) for clip in self.scores[system]], dtype=np.float64)
        return found[:, 0], found[:, 1]

    @property
    def clips(self) -> int:
        """How many clips each system was asked for."""
        return len(self.scores[self.reference])

    @property
    def frames(self) -> int:
        """How many frames these clips have."""
        return sum(clip.frames for clip in self.scores[self.reference])

    def as_json(self) -> dict[str, Any]:
        """Everything but the values of clips."""
        return {
            "version": VERSION,
            "corpus": self.corpus,
            "description": self.description,
            "split": self.split,
            "protocol": self.protocol.name,
            "clips": self.clips,
            "frames": self.frames,
            "subjects": sorted({clip.subject for clip in self.scores[self.reference]}),
            "alignments": self.aligned,
            "bilabials": sum(clip.bilabials for clip in self.scores[self.reference]),
            "left_out": dict(self.left_out),
            "notices": list(self.notices),
            "intervals": {"level": statistics.LEVEL, "over": "clips", "resamples": statistics.RESAMPLES},
            "metrics": {
                metric.name: {"label": metric.label, "meaning": metric.meaning, "unit": self.unit_of(metric)}
                for metric in self.metrics
            },
            "reference": self.reference,
            "systems": {system: self._system_as_json(system) for system in self.scores},
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the table SCORES."""
        for system, scores in self.scores.items():
            for clip in scores:
                yield {"system": system} | _row(clip)

    def _system_as_json(self, system: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "figures": dict(self.figures[system]),
            "metrics": {name: asdict(one) for name, one in self.estimates[system].items()},
        }
        if system != self.reference:
            found["less_reference"] = {name: asdict(one) for name, one in self.differences[system].items()}
        return found

    def _less_reference(self, system: str, metric: Metric) -> Difference:
        one, other = self.parts(system, metric), self.parts(self.reference, metric)
        return statistics.paired(one, other, relative=not metric.signed)


def _row(clip: ClipScore) -> dict[str, Any]:
    return {
        "utterance_id": clip.utterance_id,
        "subject": clip.subject,
        "frames": clip.frames,
        "squared_lip_error": clip.squared_lip_errors / clip.frames,
        "lip_error": clip.lip_errors / clip.frames,
        "upper_face_dynamics_deviation": clip.dynamics_lost,
        "mean_vertex_error": clip.vertex_error,
        "mouth_opening_correlation": clip.opening_correlation,
        "bilabials": clip.bilabials,
        "bilabial_closure_excess": clip.closure_excess / clip.bilabials if clip.bilabials else None,
        "absolute_bilabial_closure_error": clip.closure_error / clip.bilabials if clip.bilabials else None,
    }


def score_of(row: Mapping[str, Any]) -> ClipScore:
    """The values of a clip of a row of the table SCORES: sums again, whose last digits may differ."""
    frames, bilabials = row["frames"], row["bilabials"]
    return ClipScore(
        utterance_id=row["utterance_id"],
        subject=row["subject"],
        frames=frames,
        squared_lip_errors=row["squared_lip_error"] * frames,
        lip_errors=row["lip_error"] * frames,
        dynamics_lost=row["upper_face_dynamics_deviation"],
        vertex_error=row["mean_vertex_error"],
        opening_correlation=row["mouth_opening_correlation"],
        bilabials=bilabials,
        closure_excess=(row["bilabial_closure_excess"] or 0.0) * bilabials,
        closure_error=(row["absolute_bilabial_closure_error"] or 0.0) * bilabials,
    )
