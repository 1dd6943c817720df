"""run.json: all that is needed to animate with an experiment, beside its stages in results/<corpus>/runs/<experiment>/.

Paths in it are relative to it, so that a folder of runs can be copied to another machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import blocks
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.files import new_file, write_bytes
from kmtalk_model.resample import Resampling

VERSION = 1
RUN_FILE, TEMPLATES_FILE = "run.json", "templates.safetensors"
# What a trained stage leaves, without which it can't be loaded.
_STAGE_FILES = ("model.safetensors", "config.json")
_AGAIN = "assemble the run again with this release: `kmtalk assemble`, or snakemake"


@dataclass(frozen=True)
class Face:
    """The mesh that a run moves, as corpus.json says it: see Corpus."""

    fps: float
    unit: str
    vertex_count: int
    faces: tuple[tuple[int, int, int], ...] = ()
    regions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    mouth_opening: tuple[int, int] | None = None

    @classmethod
    def of(cls, corpus: Mapping[str, Any]) -> Face:
        """The face of a corpus by the content of its corpus.json. Raises ConfigError where that lacks something."""
        known = ("fps", "unit", "vertex_count", "faces", "regions", "mouth_opening")
        return blocks.build(cls, {key: corpus[key] for key in known if key in corpus}, where="corpus.json")


@dataclass(frozen=True)
class Run:
    """The content of run.json.

    name: of the experiment; experiment: the whole of it, resolved; stages: the folder of each trained stage, relative
    to run.json; encoder, asr, aligner, selector: config blocks; resample: how tokens become frames; streams: those of
    the encoder that the networks hear, None for all; corpus, description: the corpus that it was trained on, and what a
    reader must know of it; longest_clip_s: of the training clips, None where unknown.
    """

    name: str
    system: Literal["kmtalk", "single_stage"]
    experiment: Mapping[str, Any]
    stages: Mapping[str, str]
    encoder: Mapping[str, Any]
    asr: Mapping[str, Any]
    aligner: Mapping[str, Any]
    selector: Mapping[str, Any]
    resample: Resampling
    face: Face
    corpus: str
    description: str = ""
    streams: tuple[str, ...] | None = None
    longest_clip_s: float | None = None


@dataclass(frozen=True)
class RunFolder:
    """A run in its folder: run.json, templates.safetensors, and the stages that run.json names."""

    folder: Path
    run: Run
    package: str = ""

    @classmethod
    def load(cls, path: Path) -> RunFolder:
        """The run of a folder, or of its run.json. Raises ArtefactError where a part is missing or malformed."""
        file = path / RUN_FILE if path.is_dir() else path
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            version, package = values.pop("version"), str(values.pop("package"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactError(
                f"is no readable run ({type(error).__name__}: {error})",
                where=file,
                fix="give results/<corpus>/runs/<experiment>, which `kmtalk assemble` or snakemake makes",
            ) from error
        if version != VERSION:
            raise ArtefactError(f"is of version {version!r}, this release reads {VERSION}", where=file, fix=_AGAIN)
        try:
            found = cls(file.parent, blocks.build(Run, values, where=str(file)), package)
        except ConfigError as error:
            raise ArtefactError(error.what, where=error.where, fix=_AGAIN) from error
        found._check_stages()
        return found

    @classmethod
    def write(cls, folder: Path, run: Run, templates: Mapping[str, NDArray[np.float32]]) -> RunFolder:
        """Write run.json and the templates (V, 3) by subject into a folder that exists or not.

        Raises ArtefactError where a stage is missing, a template has another shape, or nothing can be written.
        """
        from importlib.metadata import version

        from safetensors.numpy import save_file

        found = cls(folder, run, version("kmtalk"))
        found._check_stages()
        if not templates:
            raise ArtefactError("a run needs the template of a subject", where=folder)
        for subject, template in templates.items():
            _check_template(template, run.face.vertex_count, f"{folder}, template of {subject}")
        with new_file(folder / TEMPLATES_FILE) as path:
            save_file({name: np.ascontiguousarray(one, np.float32) for name, one in sorted(templates.items())}, path)
        content = {"version": VERSION, "package": found.package, **blocks.resolved(run)}
        write_bytes(folder / RUN_FILE, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
        return found

    def stage(self, name: str) -> Path:
        """The folder of a trained stage. Raises ArtefactError where the run has no such stage, or it is incomplete."""
        if name not in self.run.stages:
            raise ArtefactError(
                f"has no stage {name!r}; its stages are: {', '.join(self.run.stages)}", where=self.folder / RUN_FILE
            )
        folder = Path(os.path.normpath(self.folder / self.run.stages[name]))
        missing = [file for file in _STAGE_FILES if not (folder / file).is_file()]
        if missing:
            raise ArtefactError(
                f"its stage {name} lacks {' and '.join(missing)}",
                where=folder,
                fix="train it; a run that is copied needs the folders of its stages too",
            )
        return folder

    @cached_property
    def templates(self) -> Mapping[str, NDArray[np.float32]]:
        """Neutral vertices (V, 3) by subject. Raises ArtefactError where they can't be read."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.folder / TEMPLATES_FILE
        try:
            found: dict[str, NDArray[np.float32]] = load_file(path)
        except (OSError, SafetensorError) as error:
            raise ArtefactError(f"cannot be read ({error})", where=path, fix=_AGAIN) from error
        if not found:
            raise ArtefactError("holds no template", where=path, fix=_AGAIN)
        for subject, template in found.items():
            _check_template(template, self.run.face.vertex_count, f"{path}, subject {subject}")
        return found

    def _check_stages(self) -> None:
        if not self.run.stages:
            raise ArtefactError("names no trained stage", where=self.folder / RUN_FILE, fix=_AGAIN)
        for name in self.run.stages:
            self.stage(name)


def _check_template(template: NDArray[np.float32], vertex_count: int, where: str) -> None:
    if template.shape != (vertex_count, 3):
        raise ArtefactError(f"has shape {template.shape}, and the run's face {vertex_count} vertices", where=where)
