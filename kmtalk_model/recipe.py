"""What a trained stage is made of: its part of an experiment, the stages that it is trained after, and artefacts."""

from __future__ import annotations

from typing import Any, get_args

from kmtalk_align import blocks
from kmtalk_model.experiment import DecoderStage, Experiment, LipReading, Stage

STAGES: tuple[Stage, ...] = get_args(Stage)


def trained_before(experiment: Experiment, stage: Stage) -> tuple[Stage, ...]:
    """The stages whose weights the training of a stage reads: that of predicted key motions, if it trains on such."""
    predicted = stage == "completion" and experiment.predicts_keys_for_training
    return (experiment.key_motions_from,) if predicted else ()


def encoders_of(experiment: Experiment, stage: Stage) -> list[str]:
    """The encoders whose cached features the training of a stage reads, the teacher's of lip reading too."""
    lip_reading = _lip_reading(experiment, stage)
    teachers = [lip_reading.teacher] if lip_reading else []
    return list(dict.fromkeys([experiment.audio.encoder, *teachers]))


def reads_transcripts(experiment: Experiment, stage: Stage) -> bool:
    """Whether the training of a stage reads what is said."""
    lip_reading = _lip_reading(experiment, stage)
    return lip_reading is not None and lip_reading.text == "transcript"


def recipe(experiment: Experiment, stage: Stage) -> dict[str, Any]:
    """All of an experiment that a trained stage depends on; of a stage that it is trained after, likewise."""
    values = blocks.resolved(experiment)
    own = {name: values[name] for name in ("seed", "keys", "audio", stage)}
    return own | {f"after {before}": recipe(experiment, before) for before in trained_before(experiment, stage)}


def _lip_reading(experiment: Experiment, stage: Stage) -> LipReading | None:
    settings = getattr(experiment, stage)
    return settings.lip_reading if isinstance(settings, DecoderStage) else None
