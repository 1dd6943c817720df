"""evaluate.py and the command: from the artefacts under results/ to JSON, Parquet and text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.tables import FEATURE_STATUS
from kmtalk_model.cli import app
from kmtalk_model.comparison import SCORES
from kmtalk_model.encoders.base import Stream
from kmtalk_model.feature_cache import Made, status_path, write_features
from tests.made_capture import ALIGNED, FPS, SHARD, captured, motion

SPLITS = {"a": "train", "b": "train", "c": "val", "d": "testA", "e": "testA", "f": "testA"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six clips with features of one token a frame; those of `f` failed."""
    clips = {one: (split, "ann", motion(40, ord(one))) for one, split in SPLITS.items()}
    captured(tmp_path, clips, phones={one: [(0.2, 0.4, "B")] for one in SPLITS})
    noise = np.random.default_rng(0)
    heard = {
        f"{one}/tone": (vertices.reshape(40, -1) + noise.normal(0, 0.1, (40, 18))).astype(np.float16)
        for one, (_, _, vertices) in clips.items()
        if one != "f"
    }
    features = tmp_path / "results" / "features" / "ears"
    features.mkdir(parents=True)
    write_features(features, SHARD, heard, Made({"tone": Stream(width=18, rate_hz=FPS, first_s=0.0)}, "ears", "", 1))
    blank = {"ctc_ids": None, "ctc_text": None}
    failed = {"status": "failed", "message": "f: too loud"}
    FEATURE_STATUS.write(
        status_path(features, SHARD),
        [blank | {"utterance_id": one} | (failed if one == "f" else {"status": "ok", "message": ""}) for one in SPLITS],
    )
    return tmp_path


def command(folder: Path, *more: str) -> list[str]:
    where = ["--results", str(folder / "results"), "--root", str(folder / "root"), "--encoder", "ears"]
    return ["evaluate", *where, "--output", str(folder / "out" / "made.json"), *more]


def test_the_command_writes_json_and_clips_and_says_the_figures(folder: Path) -> None:
    done = CliRunner().invoke(app, command(folder, "--alignments", ALIGNED, "--reference", "mean pose"))
    assert done.exit_code == 0, done.output
    said = json.loads((folder / "out" / "made.json").read_text())
    lve = {name: system["metrics"]["lip_vertex_error"]["value"] for name, system in said["systems"].items()}
    assert lve["ridge regression"] < lve["mean pose"]
    assert said["systems"]["ridge regression"]["less_reference"]["lip_vertex_error"]["relative"]["value"] < 0
    assert (said["protocol"], said["clips"], said["frames"], said["bilabials"]) == ("codetalker", 2, 80, 2)
    assert said["left_out"] == {"f": "f: too loud"}
    rows = SCORES.read(folder / "out" / "made.parquet")
    assert {(row["system"], row["utterance_id"]) for row in rows} == {(name, one) for name in lve for one in "de"}
    assert f"{lve['mean pose']:.3g}" in done.output
    assert "note: 1 clips of the split are left out; the first: f: too loud" in done.output


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    made = []
    for _ in range(2):
        CliRunner().invoke(app, command(folder), catch_exceptions=False)
        made.append([path.read_bytes() for path in sorted((folder / "out").iterdir())])
    assert made[0] == made[1]


def test_mistakes_end_in_one_line_and_no_file(folder: Path) -> None:
    for options, error, message in [
        (["--split", "testC"], ConfigError, "its splits are: testA, train, val"),
        (["--protocol", "mse"], ConfigError, "no protocol 'mse'"),
        (["--alignments", "x.y"], ArtefactError, "alignments/x.y"),
        (["--root", str(folder / "gone")], ConfigError, "give the corpus' root"),
        (["--encoder", "gone"], ArtefactError, "holds no features"),
    ]:
        done = CliRunner().invoke(app, command(folder, *options))
        assert isinstance(done.exception, error)
        assert message in str(done.exception)
        assert list((folder / "out").iterdir()) == []
