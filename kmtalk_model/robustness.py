"""The robustness study of a config (KMTalk Table 4): one experiment, trained on the key frames of several runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from kmtalk_align.errors import ConfigError
from kmtalk_align.results import Run

_KINDS = ("asr", "aligner", "selector")


@dataclass(frozen=True)
class Study:
    """Combinations of recognisers, aligners and selectors: runs, of which the first is the reference.

    split: the one that the networks are scored on.
    """

    experiment: str
    runs: tuple[Run, ...]
    split: str

    @property
    def reference(self) -> Run:
        """The combination that the others are compared with."""
        return self.runs[0]

    @property
    def experiments(self) -> list[str]:
        """The experiment with the key frames of each combination, by its name."""
        return [experiment_with(self.experiment, run) for run in self.runs]


def experiment_with(experiment: str, run: Run) -> str:
    """The name of an experiment with the key frames of a run."""
    return f"{experiment}.{run.name}"


def study_of(config: Mapping[str, Any]) -> Study | None:
    """The study of a config that keeps the schema; None where it has none.

    The combinations stand in the order of the lists, the reference before all others. Raises ConfigError where it is
    none of them.
    """
    block = config.get("robustness")
    if block is None:
        return None
    for kind in _KINDS:
        if block["reference"][kind] not in block[kind]:
            raise ConfigError(
                f"the reference's {kind} {block['reference'][kind]!r} is not studied",
                where=f"config, robustness, reference.{kind}",
                fix=f"choose from: {', '.join(block[kind])}, or add it to {kind}",
            )
    reference = Run(**block["reference"])
    runs = [Run(*names) for names in product(*(block[kind] for kind in _KINDS))]
    return Study(block["experiment"], (reference, *(run for run in runs if run != reference)), block["split"])
