"""evaluate.py and the command: from the artefacts under results/ to JSON, Parquet and text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner

from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.tables import FEATURE_STATUS, KEY_FRAMES
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.cli import app
from kmtalk_model.comparison import SCORES
from kmtalk_model.encoders.base import Stream
from kmtalk_model.evaluate import hearing
from kmtalk_model.feature_cache import FeatureCache, Made, status_path, write_features
from kmtalk_model.networks.speech import Speech
from kmtalk_model.predictor import RunPredictor
from kmtalk_model.run_folder import Face, RunFolder
from kmtalk_model.system import System
from tests.made_capture import ALIGNED, FPS, SHARD, captured, motion, template
from tests.tiny_run import description, empty_stages

SPLITS = {"a": "train", "b": "train", "c": "val", "d": "testA", "e": "testA", "f": "testA"}
SELECTED = f"{ALIGNED}.phoneme"


def heard(speech: Speech) -> torch.Tensor:
    """Stands for the networks of a run: it hears the offsets themselves, a little too small."""
    assert speech.key_frames.tolist() == [[0, 20, 39]]
    return 0.9 * speech.features.reshape(1, -1, 6, 3)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six clips with features of one token a frame, those of `f` failed; and a run."""
    monkeypatch.setattr(System, "from_run", lambda run, device: System(heard, lambda _, motion: motion))
    clips = {one: (split, "ann", motion(40, ord(one))) for one, split in SPLITS.items()}
    captured(tmp_path, clips, phones={one: [(0.2, 0.4, "B")] for one in SPLITS})
    results = tmp_path / "results"
    _save_features(results / "features" / "ears", {one: clips[one][2] for one in "abcde"})
    well = {"fps": FPS, "n_frames": 40, "key_frames": [0, 20, 39], "source": "phoneme", "status": "ok", "message": ""}
    KEY_FRAMES.write(
        results / "keyframes" / SELECTED / f"{SHARD}.parquet", [well | {"utterance_id": one} for one in SPLITS]
    )
    names = dict(zip(("asr", "aligner", "selector"), SELECTED.split("."), strict=True))
    experiment = {
        "keys": names | {"train_on_fallback": True},
        "audio": {"encoder": "ears", "resample": "interpolate", "fine_tune": None},
    }
    run = description(experiment=experiment, face=Face(FPS, "metre", 6))
    RunFolder.write(empty_stages(results / "runs") / "tiny", run, {"ann": template("ann")})
    return tmp_path


def _save_features(folder: Path, clips: dict[str, NDArray[np.float32]]) -> None:
    noise = np.random.default_rng(0)
    heard = {}
    for one, vertices in clips.items():
        offsets = (vertices - template("ann")).reshape(40, -1)
        heard[f"{one}/tone"] = (offsets + noise.normal(0, 0.02, offsets.shape)).astype(np.float16)
    write_features(folder, SHARD, heard, Made({"tone": Stream(width=18, rate_hz=FPS, first_s=0.0)}, "ears", "", 1))
    rows = [
        {"utterance_id": one, "ctc_ids": None, "ctc_text": None}
        | ({"status": "ok", "message": ""} if one in clips else {"status": "failed", "message": f"{one}: too loud"})
        for one in SPLITS
    ]
    FEATURE_STATUS.write(status_path(folder, SHARD), rows)


def command(folder: Path, *more: str) -> list[str]:
    run, root, output = folder / "results" / "runs" / "tiny" / "run.json", folder / "root", folder / "out" / "made.json"
    return ["evaluate", str(run), "--root", str(root), "--output", str(output), *more]


def test_the_command_writes_json_and_clips_and_says_the_figures(folder: Path) -> None:
    done = CliRunner().invoke(app, command(folder, "--reference", "mean pose"))
    assert done.exit_code == 0, done.output
    said = json.loads((folder / "out" / "made.json").read_text())
    lve = {name: system["metrics"]["lip_vertex_error"]["value"] for name, system in said["systems"].items()}
    assert list(lve) == ["tiny", "mean pose", "ridge regression"]
    assert max(lve["tiny"], lve["ridge regression"]) < lve["mean pose"]
    assert said["systems"]["ridge regression"]["less_reference"]["lip_vertex_error"]["relative"]["value"] < 0
    assert (said["protocol"], said["clips"], said["frames"], said["bilabials"]) == ("codetalker", 2, 80, 2)
    assert (said["alignments"], said["left_out"]) == (ALIGNED, {"f": "f: too loud"})
    rows = SCORES.read(folder / "out" / "made.parquet")
    assert {(row["system"], row["utterance_id"]) for row in rows} == {(name, one) for name in lve for one in "de"}
    assert f"{lve['mean pose']:.3g}" in done.output
    assert "note: 1 clips of the split are left out; the first: f: too loud" in done.output


def test_what_a_run_predicts_is_added_to_the_template(folder: Path) -> None:
    corpus = CapturedCorpus(folder / "results", folder / "root")
    predictor = RunPredictor(corpus, RunFolder.load(folder / "results" / "runs" / "tiny"))
    clip = corpus.split("testA").clips["d"]
    [(utterance_id, vertices)] = predictor.predict([clip])
    assert utterance_id == "d"
    assert vertices == pytest.approx(template("ann") + 0.9 * corpus.offsets(clip), abs=0.1)
    assert np.abs(corpus.offsets(clip)).max() > 0.1


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    made = []
    for more in ([], ["--results", str(folder / "results")]):
        CliRunner().invoke(app, command(folder, *more), catch_exceptions=False)
        made.append([path.read_bytes() for path in sorted((folder / "out").iterdir())])
    assert made[0] == made[1]


def test_mistakes_end_in_one_line_and_no_file(folder: Path) -> None:
    for options, error, message in [
        (["--split", "testC"], ConfigError, "its splits are: testA, train, val"),
        (["--protocol", "mse"], ConfigError, "no protocol 'mse'"),
        (["--alignments", "x.y"], ArtefactError, "alignments/x.y"),
        (["--root", str(folder / "gone")], ConfigError, "give the corpus' root"),
        ([str(folder / "no_run")], ArtefactError, "is no readable run"),
        ([str(folder / "results" / "runs" / "tiny")], ConfigError, "two systems are called tiny"),
    ]:
        done = CliRunner().invoke(app, command(folder, *options))
        assert isinstance(done.exception, error)
        assert message in str(done.exception)
        assert list((folder / "out").iterdir()) == []


def test_rivals_hear_the_streams_that_the_networks_hear(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a fine-tuned wav2vec 2.0 the convolutions alone, and not its teacher too."""
    asked: list[object] = []
    monkeypatch.setattr(FeatureCache, "at_frames", lambda *given: asked.append(given[-1]))
    hearing(FeatureCache(folder / "results" / "features" / "ears"), "interpolate", ("conv",))(
        Utterance("a", "ann", "val", "a.wav")
    )
    assert asked == [("conv",)]
