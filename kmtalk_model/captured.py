"""Captured motion as evaluation reads it from results/: the clips of a split, their vertices, regions and phones."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import motion, stage
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.phones import is_bilabial
from kmtalk_align.results import Results, Shard
from kmtalk_model.metrics import Indices, Vertices

Intervals = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Split:
    """The clips of a split, by utterance id in their order; failed: those that can't be used, and why."""

    name: str
    clips: Mapping[str, Utterance]
    failed: Mapping[str, str]


class CapturedCorpus:
    """A corpus with motion: what results/<corpus>/corpus says, and the vertices below the corpus' root."""

    def __init__(self, results: Path, root: Path) -> None:
        """Raises ArtefactError where there are no results, ConfigError where the root is missing or nothing moves."""
        if not root.is_dir():
            raise ConfigError("there is no such folder", where=f"--root {root}", fix="give the corpus' root")
        self.results, self.root = Results.open(results), root
        if not self.results.corpus.get("vertex_count"):
            raise ConfigError("is an audio corpus: it has no motion to compare with", where=results)

    @property
    def name(self) -> str:
        """The corpus' name in its config."""
        return str(self.results.corpus["name"])

    @property
    def motion_name(self) -> str:
        """What its motion is called where it is shown."""
        return str(self.results.corpus.get("motion_name", "captured"))

    @property
    def unit(self) -> str:
        """The unit of its vertices."""
        return str(self.results.corpus["unit"])

    @property
    def mouth_opening(self) -> tuple[int, int] | None:
        """The pair of inner lip vertices whose distance is the mouth opening; None where the corpus names none."""
        pair = self.results.corpus.get("mouth_opening")
        return (int(pair[0]), int(pair[1])) if pair else None

    def region(self, name: str, *, needed_by: str) -> Indices:
        """The vertices of a region. Raises ConfigError where the corpus has no such region."""
        indices = self.results.corpus.get("regions", {}).get(name)
        if not indices:
            raise ConfigError(
                f"the corpus has no region {name!r}, which the {needed_by} needs",
                where=self.results.folder / "corpus" / "corpus.json",
                fix=f"put its vertex indices in {self.root / 'regions' / f'{name}.txt'} and prepare the corpus again",
            )
        return np.array(indices, dtype=np.intp)

    @cached_property
    def templates(self) -> Mapping[str, NDArray[np.float32]]:
        """Neutral vertices (V, 3) by subject. Raises ArtefactError where they can't be read."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.results.folder / "corpus" / "templates.safetensors"
        try:
            found: dict[str, NDArray[np.float32]] = load_file(path)
        except (OSError, SafetensorError) as error:
            raise ArtefactError(f"cannot be read ({error})", where=path, fix="prepare the corpus again") from error
        return found

    def split(self, name: str) -> Split:
        """The clips of a split. Raises ConfigError where it has none."""
        rows = [row for shard in self.results.shards for row in Shard(self.results, shard).utterances.values()]
        chosen = sorted((row for row in rows if row["split"] == name), key=lambda row: str(row["utterance_id"]))
        clips = {row["utterance_id"]: stage.utterance_of(row) for row in chosen if stage.failure(row) is None}
        if not clips:
            raise ConfigError(
                f"no clip of the corpus is in split {name!r}",
                where=self.results.folder,
                fix=f"its splits are: {', '.join(sorted({row['split'] for row in rows}))}; a folder corpus' own are in "
                "its splits.json",
            )
        return Split(name, clips, {row["utterance_id"]: row["message"] for row in chosen if stage.failure(row)})

    def vertices(self, clip: Utterance) -> Vertices:
        """The captured vertices of a clip (T, V, 3), mapped into memory. Raises ArtefactError where they are gone."""
        if clip.motion is None:
            raise ArtefactError("has no motion", where=clip.utterance_id, fix="prepare the corpus again")
        return motion.vertices(clip.motion, self.root, n_frames=clip.n_frames)

    def offsets(self, clip: Utterance) -> NDArray[np.float64]:
        """The captured vertices of a clip less its subject's template: (T, V, 3)."""
        return self.vertices(clip).astype(np.float64) - self.template(clip).astype(np.float64)

    def template(self, clip: Utterance) -> NDArray[np.float32]:
        """The template (V, 3) of a clip's subject. Raises ArtefactError where there is none."""
        if clip.subject not in self.templates:
            raise ArtefactError(
                f"there is no template of subject {clip.subject!r}",
                where=self.results.folder / "corpus" / "templates.safetensors",
                fix="prepare the corpus again",
            )
        return self.templates[clip.subject]

    def bilabials(self, aligned: str, clips: Container[str]) -> dict[str, Intervals]:
        """When each clip has a /p/, /b/ or /m/, (start_s, end_s); a clip that could not be aligned is left out.

        aligned: ``<asr>.<aligner>``. Raises ArtefactError where there are no such alignments.
        """
        found: dict[str, Intervals] = {}
        for name in self.results.shards:
            for one, alignment in Shard(self.results, name).alignments(aligned).items():
                if one in clips:
                    found[one] = tuple((at.start_s, at.end_s) for at in alignment.phones if is_bilabial(at.label))
        return found
