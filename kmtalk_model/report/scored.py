"""An evaluation as `kmtalk evaluate` left it: a JSON, and the values of clips in a table beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.comparison import SCORES, VERSION, score_of
from kmtalk_model.evaluate import scores_path
from kmtalk_model.protocols import PROTOCOLS, ClipScore, Protocol
from kmtalk_model.run_folder import RUN_FILE

# What is read of the JSON, beside the systems; and the metric whose unit is that of lengths.
_READ = ("corpus", "description", "split", "reference", "alignments", "left_out", "notices")
_LENGTH = "mean_vertex_error"
# Where choices are made, and every experiment of the workflow is scored.
VAL = "val"


@dataclass(frozen=True)
class Scored:
    """Systems that were scored together.

    said: the JSON; scores: by system and clip.
    """

    path: Path
    said: Mapping[str, Any]
    protocol: Protocol
    scores: Mapping[str, Mapping[str, ClipScore]]

    @classmethod
    def open(cls, path: Path) -> Scored:
        """The evaluation of a JSON. Raises ArtefactError where it, or the table beside it, is missing or malformed."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            version, protocol = said["version"], said["protocol"]
            names = [name for name, one in said["systems"].items() if "figures" in one]
            unit = said["metrics"][_LENGTH]["unit"]
            missing = [key for key in _READ if key not in said]
            if missing or not names or not isinstance(unit, str):
                raise ValueError(f"it lacks {', '.join(missing) or 'systems'}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactError(
                f"is no readable evaluation ({type(error).__name__}: {error})",
                where=path,
                fix="give a JSON that `kmtalk evaluate` wrote, or a run: results/<corpus>/runs/<experiment>",
            ) from error
        if version != VERSION or protocol not in PROTOCOLS:
            raise ArtefactError(
                f"is of version {version!r} and protocol {protocol!r}, which this release does not know",
                where=path,
                fix="evaluate the run again with this release",
            )
        scores: dict[str, dict[str, ClipScore]] = {name: {} for name in names}
        for row in SCORES.read(scores_path(path)):
            scores.setdefault(row["system"], {})[row["utterance_id"]] = score_of(row)
        found = cls(path, said, PROTOCOLS[protocol], scores)
        if list(scores) != names or any(own.keys() != found.clips.keys() for own in scores.values()):
            raise ArtefactError(
                f"does not belong to {path.name}: its systems or clips are others",
                where=scores_path(path),
                fix="evaluate the run again: both files are written together",
            )
        return found

    @property
    def clips(self) -> Mapping[str, ClipScore]:
        """The clips that were scored, with one system's values."""
        return next(iter(self.scores.values()))

    @property
    def split(self) -> set[str]:
        """All clips of the split, those that were left out too."""
        return {*self.clips, *self.said["left_out"]}

    @property
    def unit(self) -> str:
        """The corpus' unit: what a length is in, unless the protocol reports another."""
        return self.protocol.only_unit or str(self.said["metrics"][_LENGTH]["unit"])


def evaluation_of(given: Path, split: str = VAL) -> Path:
    """The JSON that a person means: itself, or that of a run, where the workflow writes it.

    Raises ArtefactError where it is missing, ConfigError where `given` is a folder of no run, or the split is no name.
    """
    if not given.is_dir() and given.name != RUN_FILE:
        return given
    run = given if given.is_dir() else given.parent
    name = run.absolute().name
    if not (run / RUN_FILE).is_file():
        raise ConfigError(
            f"is no run: it holds no {RUN_FILE}",
            where=run,
            fix="give results/<corpus>/runs/<experiment>, or the JSON of `kmtalk evaluate`",
        )
    path = Path(os.path.normpath(run / "../../evaluation" / f"{name}.json"))
    if "/" in split or "\0" in split or not split:
        raise ConfigError("is no split", where=f"--split {split!r}", fix="give its name, as train, val or testA")
    path = path if split == VAL else path.with_name(f"{name}.{split}.json")
    if not path.is_file():
        raise ArtefactError(
            f"is missing: the run was not scored on {split} yet",
            where=path,
            fix=f"`kmtalk evaluate {run} --root ROOT --split {split} --output {path}` makes it, or snakemake",
        )
    return path
