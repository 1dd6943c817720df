"""Training of a stage: every choice, the same bits for the same seed, and after it was broken off."""

from __future__ import annotations

import csv
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.experiment import Stage
from kmtalk_model.experiment_file import read_experiment
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.speech import Speech
from tests.training.made_experiment import (
    FRAMES,
    LIP_READING,
    LOSSES,
    TEACHER,
    corpus,
    save_features,
    say,
    write_experiment,
)

pytestmark = pytest.mark.xdist_group("training")
LIPS = {"lip_reading": LIP_READING, "losses": LOSSES | {"latent": 1, "ctc": 0.1}}
# All that draws random numbers or keeps a state of its own.
STATEFUL = {"accumulate": 2, "average": 0.9, "epochs": 4, "clip": 1.0}


class BrokenOffError(Exception):
    """The end of a training that was not to end."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CapturedCorpus:
    return corpus(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def first_stage(made: CapturedCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained first stage."""
    folder = tmp_path_factory.mktemp("first") / "key_motion"
    run(made, folder, "key_motion", training={"epochs": 2})
    return folder


def run(
    made: CapturedCorpus,
    folder: Path,
    stage: Stage,
    *,
    seed: int = 3,
    key_motions_from: Stage = "key_motion",
    decoder: Path | None = None,
    resume: bool = False,
    **changes: Any,
) -> list[dict[str, str]]:
    """Trains a stage with changes; gives the rows of metrics.csv."""
    from kmtalk_model.training.machine import Machine
    from kmtalk_model.training.train import train

    whole = {"seed": seed, "key_motions_from": key_motions_from, stage: changes}
    path = write_experiment(folder.parent / "experiments", **whole)
    train(
        read_experiment(path), stage, made, folder, decoder=decoder, resume=resume, machine=Machine(accelerator="cpu")
    )
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def broken_off(
    monkeypatch: pytest.MonkeyPatch, made: CapturedCorpus, folder: Path, stage: Stage, after: int, **changes: Any
) -> None:
    """A training that ends as its epoch `after` begins."""
    from kmtalk_model.training.stage_module import StageModule

    begin = StageModule.on_train_epoch_start

    def break_off(module: StageModule) -> None:
        if module.current_epoch == after:
            raise BrokenOffError
        begin(module)

    with monkeypatch.context() as patched:
        patched.setattr(StageModule, "on_train_epoch_start", break_off)
        with pytest.raises(BrokenOffError):
            run(made, folder, stage, **changes)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("stage", "changes"),
    [
        ("single_stage", {}),
        ("key_motion", {"supervision": "direct"}),
        ("key_motion", LIPS),
        ("key_motion", LIPS | {"lip_reading": LIP_READING | {"text": "teacher"}}),
        ("key_motion", {"network": {"components": 0}, "training": {"schedule": "constant", "feature_mask": 0}}),
        ("completion", {"key_source": "ground_truth"}),
        ("completion", {"key_source": "noise", "noise": 0.5, "network": {"audio_guidance": False}}),
        ("completion", {"key_source": "predicted"}),
        ("completion", {"key_source": "mixed", "mixed": 0.5}),
    ],
)
def test_every_choice_trains(
    made: CapturedCorpus, first_stage: Path, tmp_path: Path, stage: Stage, changes: dict[str, Any]
) -> None:
    decoder = first_stage if changes.get("key_source") in ("predicted", "mixed") else None
    rows = run(made, tmp_path / stage, stage, decoder=decoder, **changes | {"training": {"epochs": 2}})
    assert [row["epoch"] for row in rows] == ["0", "1"]
    reading = {"train/latent", "train/ctc"} if "lip_reading" in changes else set()
    motion = {f"train/{name}" for name in ("reconstruction", "velocity", "lips", "dynamics", "loss")}
    assert set(rows[0]) == {"epoch", "val/lve"} | motion | reading
    assert all(float(value) >= 0 for row in rows for value in row.values())
    kind = MotionCompletion if stage == "completion" else KeyMotionDecoder
    network: Any = kind.from_pretrained(tmp_path / stage)
    assert network.decoder.head.weight.any()
    assert "lip_reader" not in json.dumps([name for name, _ in network.named_parameters()])


def test_clips_that_lip_reading_has_no_target_for_are_left_out(tmp_path: Path) -> None:
    own = corpus(tmp_path / "made")
    say(own.results.folder, [one for one in FRAMES if one != "b"])
    heard = {one: np.ones((FRAMES[one], 8)) for one in FRAMES if one != "c"}
    save_features(own.results.folder / "features" / TEACHER, heard, "ctc", (1, 2))
    run(own, tmp_path / "key_motion", "key_motion", **LIPS, training={"epochs": 1})
    said = json.loads((tmp_path / "key_motion" / "stage.json").read_text())
    assert said["left_out"] == {"b": "is silent", "c": "c: too loud"}
    assert said["clips"] == {"train": 3, "val": 2}


def test_training_learns(made: CapturedCorpus, tmp_path: Path) -> None:
    rows = run(made, tmp_path / "key_motion", "key_motion", training={"epochs": 12, "learning_rate": 0.03})
    errors = [float(row["val/lve"]) for row in rows]
    assert min(errors) < 0.5 * errors[0]


@pytest.mark.parametrize(
    ("stage", "changes"),
    [("key_motion", LIPS), ("completion", {"key_source": "mixed", "noise": 0.1})],
    ids=["key_motion", "completion"],
)
def test_what_was_broken_off_goes_on_with_the_same_bits(
    made: CapturedCorpus,
    first_stage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: Stage,
    changes: dict[str, Any],
) -> None:
    own: dict[str, Any] = changes | {"training": STATEFUL, "decoder": first_stage if stage == "completion" else None}
    whole = run(made, tmp_path / "whole" / stage, stage, **own)
    folder = tmp_path / "broken" / stage
    broken_off(monkeypatch, made, folder, stage, 2, **own)
    assert not (folder / "stage.json").exists()
    rows = run(made, folder, stage, resume=True, **own)
    assert rows == whole
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert weights(folder) == weights(tmp_path / "whole" / stage)
    states = [torch.load(one / stage / "last.ckpt", weights_only=True) for one in (folder.parent, tmp_path / "whole")]
    assert all(torch.equal(states[0]["state_dict"][name], value) for name, value in states[1]["state_dict"].items())
    # What is whole is not trained again, and stays as it is.
    assert run(made, folder, stage, resume=True, **own) == whole
    assert weights(folder) == weights(tmp_path / "whole" / stage)


def test_another_seed_is_another_training(made: CapturedCorpus, tmp_path: Path) -> None:
    first, again, other = (tmp_path / name / "key_motion" for name in ("first", "again", "other"))
    for folder, seed in ((first, 3), (again, 3), (other, 4)):
        run(made, folder, "key_motion", seed=seed, training={"epochs": 1})
    assert weights(first) == weights(again) != weights(other)


def test_what_is_of_other_settings_or_no_checkpoint_begins_anew(
    made: CapturedCorpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "key_motion"
    changed = {"epochs": 1, "learning_rate": 0.02}
    run(made, folder, "key_motion", training={"epochs": 2})
    rows = run(made, folder, "key_motion", resume=True, training=changed)
    assert "last.ckpt: is of other settings or data; training begins anew" in caplog.text
    (folder / "last.ckpt").write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        assert run(made, folder, "key_motion", resume=True, training=changed) == rows
    assert "last.ckpt: cannot be read" in caplog.text
    assert len(rows) == 1
    run(made, tmp_path / "new" / "key_motion", "key_motion", training=changed)
    assert weights(folder) == weights(tmp_path / "new" / "key_motion")


@pytest.mark.parametrize("average", [0, 0.9])
def test_the_best_epochs_weights_are_kept(made: CapturedCorpus, tmp_path: Path, average: float) -> None:
    from kmtalk_model.dataset import ClipDataset, Heard
    from kmtalk_model.training.collate import Collate

    folder = tmp_path / "key_motion"
    # So fast that the last epoch is hardly the best.
    rows = run(made, folder, "key_motion", training={"epochs": 4, "learning_rate": 0.2, "average": average})
    experiment = read_experiment(tmp_path / "experiments" / "tiny.yaml")
    clips = ClipDataset(made, Heard(made, experiment.keys, experiment.audio), "val")
    network = KeyMotionDecoder.from_pretrained(folder).eval()
    lips = list(made.region("lips", needed_by="test"))
    errors: list[float] = []
    for clip in clips:  # type: ignore[attr-defined]
        batch = Collate(every_frame_a_key=False)([clip])
        with torch.no_grad():
            apart = (network(batch.speech) - batch.speech.at_keys(batch.offsets))[0][:, lips]
        errors += apart.square().sum(-1).amax(-1).tolist()
    measured = [float(row["val/lve"]) for row in rows]
    assert sum(errors) / len(errors) == pytest.approx(min(measured), rel=1e-4)
    said = json.loads((folder / "stage.json").read_text())
    assert said["lve"]["val"] == pytest.approx(min(measured), rel=1e-4)
    assert said["best_epoch"] == measured.index(min(measured))
    assert said["epochs"] == 4


def test_what_is_fitted_is_not_averaged_away(made: CapturedCorpus, tmp_path: Path) -> None:
    buffers = []
    for average in (0, 0.9):
        folder = tmp_path / str(int(10 * average)) / "key_motion"
        run(made, folder, "key_motion", training={"epochs": 2, "average": average})
        buffers.append(dict(KeyMotionDecoder.from_pretrained(folder).named_buffers()))
    assert all(torch.equal(buffers[0][name], buffers[1][name]) for name in buffers[0])


def test_a_first_stage_of_a_whole_sequence_is_asked_for_every_frame(made: CapturedCorpus, tmp_path: Path) -> None:
    """Else the completion would be trained on other key motions than it is given afterwards."""
    folder = tmp_path / "single_stage"
    run(made, folder, "single_stage", training={"epochs": 1, "learning_rate": 0.02})
    decoder = KeyMotionDecoder.from_pretrained(folder).eval()
    asked: list[Speech] = []
    decoder.register_forward_pre_hook(lambda _, given: asked.append(given[0]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(KeyMotionDecoder, "from_pretrained", lambda _: decoder)
        changes = {"key_source": "predicted"}
        run(made, tmp_path / "completion", "completion", decoder=folder, key_motions_from="single_stage", **changes)
    assert asked
    assert all(torch.equal(one.key_mask, one.frame_mask) for one in asked)
