"""The experiments that a config names, as the workflow sees them: what must be trained, and of what."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from kmtalk_align import blocks
from kmtalk_align.errors import ConfigError
from kmtalk_model.experiment import Experiment, Stage
from kmtalk_model.experiment_file import Link, file_of, owner_in, read_chain
from kmtalk_model.recipe import encoders_of, reads_transcripts, recipe, trained_before


@dataclass(frozen=True, order=True)
class TrainedStage:
    """A stage by the experiment that trains it; its folder is ``runs/<experiment>/<stage>``."""

    experiment: str
    stage: Stage


@dataclass(frozen=True)
class Experiments:
    """The experiments of a folder. Each file is read when it is first asked for, and once."""

    folder: Path
    _chains: dict[str, list[Link]] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Experiment:
        """An experiment by its name. Raises ConfigError where there is no such, or its file is wrong."""
        return self._chain(name)[0].experiment

    def stages(self, name: str) -> list[TrainedStage]:
        """The trained stages that an experiment is made of."""
        return [self._owned(name, stage) for stage in self[name].stages]

    def before(self, one: TrainedStage) -> list[TrainedStage]:
        """The trained stages that the training of another reads."""
        return [self._owned(one.experiment, stage) for stage in trained_before(self[one.experiment], one.stage)]

    def encoders(self, one: TrainedStage) -> list[str]:
        """The encoders whose features the training of a stage reads."""
        return encoders_of(self[one.experiment], one.stage)

    def transcripts(self, one: TrainedStage) -> list[str]:
        """The recognisers whose transcripts the training of a stage reads, one or none."""
        experiment = self[one.experiment]
        return [experiment.keys.asr] if reads_transcripts(experiment, one.stage) else []

    def resolved(self, name: str) -> str:
        """A whole experiment, as JSON."""
        return json.dumps(blocks.resolved(self[name]), sort_keys=True)

    def recipe(self, one: TrainedStage) -> str:
        """What a trained stage depends on, as JSON."""
        return json.dumps(recipe(self[one.experiment], one.stage), sort_keys=True)

    def _owned(self, name: str, stage: Stage) -> TrainedStage:
        return TrainedStage(owner_in(self._chain(name), stage), stage)

    def _chain(self, name: str) -> list[Link]:
        if name not in self._chains:
            known = sorted(path.stem for path in self.folder.glob("*.yaml"))
            if file_of(name) not in known:
                raise ConfigError(
                    f"there is no experiment {file_of(name)!r}",
                    where=self.folder,
                    fix=f"choose from: {', '.join(known)}",
                )
            self._chains[name] = read_chain(self.folder / f"{name}.yaml")
        return self._chains[name]
