"""`kmtalk train` and `kmtalk assemble`: what they leave, what is trained once, and what a mistake says."""

from __future__ import annotations

import csv
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from kmtalk_align.errors import ArtefactError, ConfigError, KMTalkError
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.cli import app
from kmtalk_model.predictor import RunPredictor, probes
from kmtalk_model.run_folder import RunFolder
from tests.made_capture import SHARD, template
from tests.training.made_experiment import (
    EARS,
    LIP_READING,
    LOSSES,
    SELECTED,
    corpus,
    motion_of,
    training,
    write_experiment,
)

pytestmark = pytest.mark.xdist_group("training")


def call(command: str, experiment: Path, folder: Path, *more: str) -> Result:
    options = ["--root", str(folder / "root"), "--accelerator", "cpu"] if command == "train" else []
    given = [command, str(experiment), "--results", str(folder / "results"), *options, *more]
    return CliRunner().invoke(app, given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, and the runs of `tiny` and of what is based on it, trained by the command and put together."""
    folder = tmp_path_factory.mktemp("commands")
    corpus(folder)
    experiments = folder / "experiments"
    write_experiment(experiments, completion={"key_source": "mixed"}, key_motion={"training": {"epochs": 2}})
    write_experiment(experiments, "noisy", base="tiny", completion={"key_source": "noise", "noise": 0.2})
    write_experiment(experiments, "one_stage", base="tiny", system="single_stage", **training(epochs=1))
    write_experiment(experiments, "linear", base="tiny", completion={"method": "linear"})
    write_experiment(experiments, "spline", base="tiny", completion={"method": "spline"})
    write_experiment(
        experiments,
        "insert",
        base="tiny",
        completion={"method": "insert"},
        single_stage={"training": {"epochs": 1}},
    )
    for name in ("tiny", "noisy", "one_stage", "linear", "spline", "insert"):
        for command in ("train", "assemble"):
            done = call(command, experiments / f"{name}.yaml", folder)
            assert done.exit_code == 0, (name, done.output, done.exception)
            assert "it/s" not in done.output  # a bar is for a terminal
    return folder


def run_of(folder: Path, name: str) -> RunFolder:
    return RunFolder.load(folder / "results" / "runs" / name)


def test_a_trained_stage_is_whole(folder: Path) -> None:
    runs = folder / "results" / "runs" / "tiny"
    assert {path.name for path in runs.iterdir()} == {"key_motion", "completion", "run.json", "templates.safetensors"}
    for stage, epochs in (("key_motion", 2), ("completion", 3)):
        names = {path.name for path in (runs / stage).iterdir()}
        expected = {"model.safetensors", "config.json", "README.md", "stage.json", "metrics.csv", "tensorboard"}
        assert names == expected | {"last.ckpt", "best.ckpt"}
        with (runs / stage / "metrics.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == epochs
        card = (runs / stage / "README.md").read_text()
        assert card.startswith("---\nlibrary_name: kmtalk\n")
        assert f"stage `{stage}`, trained on made" in card


def test_stage_json_says_what_made_it(folder: Path) -> None:
    path = folder / "results" / "runs" / "tiny" / "completion" / "stage.json"
    said = json.loads(path.read_text())
    assert said["stage"] == "completion"
    assert said["recipe"]["completion"]["key_source"] == "mixed"
    assert said["recipe"]["after key_motion"]["key_motion"]["training"]["epochs"] == 2
    assert set(said["inputs"]) == {
        f"corpus/{SHARD}.parquet",
        f"keyframes/{SELECTED}/{SHARD}.parquet",
        f"features/{EARS}/{SHARD}.safetensors",
        f"features/{EARS}/{SHARD}.status.parquet",
        "first stage",
    }
    assert said["clips"] == {"train": 5, "val": 2}
    assert said["corpus"]["name"] == "made"
    assert said["left_out"] == {}
    assert set(said["lve"]) == {"train", "val"}
    assert {"kmtalk", "torch", "lightning", "numpy"} == set(said["packages"])
    assert said["parameters"] > 0


def test_stages_that_are_shared_are_trained_once(folder: Path) -> None:
    runs = folder / "results" / "runs"
    trained = {str(path.parent.relative_to(runs)) for path in runs.glob("*/*/stage.json")}
    assert trained == {
        "tiny/key_motion",
        "tiny/completion",
        "noisy/completion",
        "one_stage/single_stage",
        "insert/single_stage",
    }
    stages = run_of(folder, "noisy").run.stages
    assert stages == {"key_motion": "../tiny/key_motion", "completion": "completion"}


def test_a_shared_stage_that_is_there_is_left_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    shared = folder / "results" / "runs" / "tiny" / "key_motion" / "stage.json"
    before = shared.stat().st_mtime_ns
    with caplog.at_level(logging.INFO):
        assert call("train", folder / "experiments" / "linear.yaml", folder).exit_code == 0
    assert "key_motion: trained already, by the experiment tiny" in caplog.text
    assert shared.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["tiny", "noisy", "one_stage", "linear", "spline", "insert"])
def test_a_run_predicts_the_clips_of_its_corpus(folder: Path, name: str) -> None:
    made = CapturedCorpus(folder / "results", folder / "root")
    predictor = RunPredictor(made, run_of(folder, name))
    clips = list(made.split("val").clips.values())
    found = dict(predictor.predict(clips))
    assert {one: vertices.shape for one, vertices in found.items()} == {"f": (22, 6, 3), "g": (18, 6, 3)}
    for vertices in found.values():
        assert np.isfinite(vertices).all()
        assert np.abs(vertices - template("ann")).max() > 0
    figures = predictor.figures()
    if name in ("tiny", "noisy"):
        assert 0 < figures["mean share of Phi in the gate"] < 1
    else:
        assert figures == {}


def test_probes_change_the_keys_or_the_audio_and_nothing_else(folder: Path) -> None:
    made = CapturedCorpus(folder / "results", folder / "root")
    predictor = RunPredictor(made, run_of(folder, "tiny"))
    clips = list(made.split("val").clips.values())
    asked = {probe.name: dict(probe.predict(clips)) for probe in probes(predictor)}
    assert list(asked) == [
        "tiny, keys zeroed",
        "tiny, another clip's keys",
        "tiny, captured keys",
        "tiny, another clip's audio",
    ]
    own = dict(predictor.predict(clips))
    for found in asked.values():
        assert {one: vertices.shape for one, vertices in found.items()} == {"f": (22, 6, 3), "g": (18, 6, 3)}
        assert all(np.abs(found[one] - own[one]).max() > 0 for one in own)
    speech = predictor.speech(clips[0])
    with torch.inference_mode():
        zeroed = predictor.completed(clips[0], speech, torch.zeros(1, speech.key_frames.shape[1], 6, 3))
        offsets = torch.from_numpy(motion_of("f") - template("ann"))[None]
        captured = predictor.completed(clips[0], speech, speech.at_keys(offsets))
    assert np.array_equal(asked["tiny, keys zeroed"]["f"], zeroed)
    assert asked["tiny, captured keys"]["f"] == pytest.approx(captured, abs=1e-5)
    # Each hears the other: as long as the shorter one is, and its last frame held beyond.
    heard = asked["tiny, another clip's audio"]
    assert heard["f"][:18] == pytest.approx(own["g"], abs=1e-6)
    assert heard["f"][18:] == pytest.approx(np.repeat(own["g"][-1:], 4, axis=0), abs=1e-6)
    assert heard["g"] == pytest.approx(own["f"][:18], abs=1e-6)
    assert all(probe.figures() == {} for probe in probes(predictor))


@pytest.mark.parametrize("name", ["one_stage", "linear", "insert"])
def test_where_no_network_completes_there_are_no_keys_to_probe(folder: Path, name: str) -> None:
    made = CapturedCorpus(folder / "results", folder / "root")
    found = probes(RunPredictor(made, run_of(folder, name)))
    assert [probe.name for probe in found] == [f"{name}, another clip's audio"]


def test_mistakes_are_one_error_each(tmp_path: Path) -> None:
    corpus(tmp_path)
    experiments, results = tmp_path / "experiments", tmp_path / "results"
    tiny = write_experiment(experiments, completion={"key_source": "mixed"})
    small = write_experiment(experiments, "misfit", key_motion={"network": {"heads": 3}})
    deaf = write_experiment(experiments, "deaf", audio={"encoder": "other"})
    keyless = write_experiment(experiments, "keyless", keys={"selector": "random"})
    idle = write_experiment(experiments, "idle", key_motion={"losses": dict.fromkeys(LOSSES, 0)})
    reading = {"losses": LOSSES | {"latent": 1}, "lip_reading": LIP_READING | {"width": 4}}
    narrow = write_experiment(experiments, "narrow", key_motion=reading)
    blind = write_experiment(experiments, "blind", key_motion={"losses": LOSSES | {"latent": 1}})
    asked: list[tuple[Path, list[str], type[KMTalkError], str]] = [
        (tiny, ["--stage", "third"], ConfigError, "there is no stage 'third'.*choose from: single_stage"),
        (tiny, ["--stage", "completion"], ArtefactError, "key_motion: is not trained yet"),
        (deaf, [], ArtefactError, "features/other: holds no features"),
        (keyless, [], ArtefactError, r"asr\.aligner\.random/.*is missing"),
        (small, [], ConfigError, r"misfit\.yaml: key_motion\.network.*width 8 is not a multiple of heads 3"),
        (idle, [], ConfigError, "no loss of the motion has a weight"),
        (blind, [], ConfigError, "latent and ctc are of lip reading"),
        (narrow, [], ConfigError, "width 4 is not that of its latent target, 8"),
        (tiny, ["--root", str(tmp_path / "gone")], ConfigError, "no such folder"),
        (tiny, ["--accelerator", "abacus"], ConfigError, "--accelerator abacus"),
    ]
    for experiment, options, error, message in asked:
        done = call("train", experiment, tmp_path, *options)
        assert isinstance(done.exception, error), (message, done.exception)
        assert re.search(message, str(done.exception), re.DOTALL), done.exception
    assert list(results.glob("runs/*/*/*")) == []
    missing = call("assemble", tiny, tmp_path)
    assert isinstance(missing.exception, ArtefactError)
    assert "key_motion" in str(missing.exception)


def test_a_folder_that_cannot_be_written_is_an_error_before_the_first_epoch(tmp_path: Path) -> None:
    corpus(tmp_path)
    (tmp_path / "results" / "runs").write_text("a file, where a folder should be")
    done = call("train", write_experiment(tmp_path / "experiments"), tmp_path)
    assert isinstance(done.exception, ArtefactError)
    assert "cannot be written" in str(done.exception)


def test_a_corpus_without_a_region_trains_where_no_loss_needs_it(tmp_path: Path) -> None:
    corpus(tmp_path, regions={"lips": (1, 2, 3)})
    needs = write_experiment(tmp_path / "experiments")
    done = call("train", needs, tmp_path, "--stage", "key_motion")
    assert isinstance(done.exception, ConfigError)
    assert "no region 'upper_face'" in str(done.exception)
    not_so = write_experiment(
        tmp_path / "experiments", "calm", key_motion={"losses": {"dynamics": 0}, "training": {"epochs": 1}}
    )
    assert call("train", not_so, tmp_path, "--stage", "key_motion").exit_code == 0


@pytest.mark.slow
def test_two_processes_train_together(tmp_path: Path) -> None:
    corpus(tmp_path)
    experiment = write_experiment(
        tmp_path / "experiments",
        completion={"key_source": "mixed", "training": {"epochs": 2}},
        key_motion={"training": {"epochs": 1}},
    )
    command = [str(Path(sys.executable).with_name("kmtalk")), "train", str(experiment)]
    options = ["--results", str(tmp_path / "results"), "--root", str(tmp_path / "root")]
    done = subprocess.run(
        [*command, *options, "--accelerator", "cpu", "--devices", "2"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    for stage, epochs in (("key_motion", 1), ("completion", 2)):
        with (tmp_path / "results" / "runs" / "tiny" / stage / "metrics.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == epochs
