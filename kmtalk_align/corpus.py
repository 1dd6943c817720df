"""Utterance and Corpus: what every later step reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OK = "ok"
FAILED = "failed"


@dataclass(frozen=True)
class Motion:
    """Where an utterance's vertices lie: `rows` frames of the file `path`, from `first_row`, every `stride`-th.

    `path` is relative to the corpus' root; the file holds rows of (V, 3) or (V * 3,) floats.
    """

    path: str
    first_row: int
    rows: int
    stride: int


@dataclass(frozen=True)
class Utterance:
    """One recording with what is known of it. A row of `corpus/<shard>.parquet`.

    `n_frames` frames of motion at `fps`; `duration_s` seconds of audio at `sample_rate` Hz; `digest` is the SHA-256
    of everything that later steps read. An utterance that cannot be used has `status` "failed" and says why.
    """

    utterance_id: str
    subject: str
    split: str
    audio_path: str
    motion: Motion | None = None
    n_frames: int = 0
    fps: float = 0.0
    duration_s: float = 0.0
    sample_rate: int = 0
    transcript: str | None = None
    language: str | None = None
    digest: str = ""
    status: str = OK
    message: str = ""

    def failed(self, message: str) -> Utterance:
        """The same utterance as a failed row."""
        return replace(self, status=FAILED, message=message)


@dataclass(frozen=True)
class Corpus:
    """A data set: its mesh, its utterance ids, and a function that examines one utterance.

    templates: neutral vertices (V, 3) by subject, in `unit`; faces (F, 3) vertex indices; regions: vertex indices by
    name; mouth_opening: the pair of inner-lip vertices whose distance measures mouth opening. An audio corpus has
    none of these. description: what a reader of any result must know of the data (that it is synthetic, say);
    motion_name: what its motion is called where it is shown, "driven" where a rig computed it.
    `examine(id)` never raises for bad data: it gives a failed Utterance.
    """

    name: str
    root: Path
    fps: float
    unit: str
    utterance_ids: Sequence[str]
    examine: Callable[[str], Utterance]
    templates: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    faces: NDArray[np.int32] | None = None
    regions: Mapping[str, Sequence[int]] = field(default_factory=dict)
    mouth_opening: tuple[int, int] | None = None
    description: str = ""
    motion_name: str = "captured"

    @property
    def vertex_count(self) -> int:
        """V, or 0 for an audio corpus."""
        return next((len(template) for template in self.templates.values()), 0)

    def summary(self) -> dict[str, Any]:
        """What `corpus/corpus.json` says of the whole corpus."""
        return {
            "name": self.name,
            "description": self.description,
            "motion_name": self.motion_name,
            "unit": self.unit,
            "fps": self.fps,
            "vertex_count": self.vertex_count,
            "faces": [] if self.faces is None else self.faces.tolist(),
            "regions": {name: list(indices) for name, indices in sorted(self.regions.items())},
            "mouth_opening": list(self.mouth_opening) if self.mouth_opening else None,
            "subjects": sorted(self.templates),
        }
