"""The robustness study in the workflow: for real on tiny networks, what it plans, and what a mistake says."""

from __future__ import annotations

import csv
import html
from pathlib import Path
from typing import Any

import pytest

from tests.trained_build import Trained
from tests.workflow_build import Build, config_of, jobs

SELECTORS = {"phoneme": {"kind": "phoneme"}, "phoneme_plus_1": {"kind": "phoneme", "offset": 1}}
MAIN = """
preset: default
keys: {asr: reference, aligner: pocketsphinx, selector: phoneme}
audio: {encoder: logmel}
"""


def block(aligner: str, **changes: Any) -> dict[str, Any]:
    """A study of two offsets."""
    return {
        "experiment": "tiny",
        "reference": {"asr": "reference", "aligner": aligner, "selector": "phoneme"},
        "asr": ["reference"],
        "aligner": [aligner],
        "selector": list(SELECTORS),
        "split": "val",
    } | changes


@pytest.mark.xdist_group("trained")
def test_a_study_is_one_target_that_trains_scores_and_compares(trained: Trained, tmp_path: Path) -> None:
    build = trained.build.copy(tmp_path / "copy")
    (build.folder / "experiments" / "short.yaml").write_text("base: tiny\ncompletion: {method: linear}")
    study = block("own", experiment="short")
    build.config |= {"selector": SELECTORS, "robustness": study, "train": [], "show": []}
    done = jobs(build.run("--", "robustness"))
    # The reference's key frames are the experiment's: what trains on them is taken from its base, which has trained.
    assert (done["train"], done["assemble"], done["evaluate"], done["robustness"]) == (1, 2, 2, 1)
    assert done["compare"] == done["curves"] == 0
    stages = {path.parent.parent.name for path in (build.results / "runs").glob("*/*/model.safetensors")}
    assert stages == {"tiny", "short.reference.own.phoneme_plus_1"}
    tables = build.results / "tables"
    with (tables / "robustness.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["selector"], row["offset"], row["reference"]) for row in rows] == [
        ("phoneme", "0", "yes"),
        ("phoneme_plus_1", "1", "no"),
    ]
    assert float(rows[1]["key_frame_f1_within_one"]) > float(rows[1]["key_frame_f1_same"])
    assert all(float(row["lve"]) > 0 for row in rows)
    assert (tables / "robustness.svg").read_bytes().startswith(b"<?xml")
    assert "The paper's own" in html.unescape((tables / "robustness.html").read_text())
    assert not jobs(build.run("--", "robustness"))


@pytest.fixture
def planned(tmp_path: Path) -> Build:
    """A corpus of one shard, and a study that nothing was made of."""
    (tmp_path / "data").mkdir()
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "tiny.yaml").write_text(MAIN)
    encoders = {"logmel": {"backend": "logmel"}}
    changes = {"selector": SELECTORS, "encoder": encoders, "experiments": "experiments"}
    return Build(tmp_path, config_of("data", shards=1, **changes, robustness=block("pocketsphinx", split="testA")))


def test_everything_that_is_made_by_default_has_the_study_where_the_config_has_it(planned: Build) -> None:
    output = planned.run("--dry-run")
    assert "rule robustness:" in output
    assert "evaluation/tiny.reference.pocketsphinx.phoneme_plus_1.testA.json" in output
    assert "--run=reference.pocketsphinx.phoneme_plus_1" in planned.run("--dry-run", "--printshellcmds", "robustness")
    del planned.config["robustness"]
    assert "robustness" not in planned.run("--dry-run")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"experiment": "nobody"}, "there is no experiment 'nobody'; choose from: tiny"),
        ({"asr": ["reference", "heard"]}, "config, robustness: there is no asr block 'heard'; choose from: reference"),
        ({"aligner": ["ps"]}, "reference.aligner: the reference's aligner 'pocketsphinx' is not studied"),
        ({"selector": []}, "config, robustness.selector: [] should be non-empty"),
        ({"splits": "val"}, "config, robustness: Additional properties are not allowed ('splits' was unexpected)"),
    ],
)
def test_a_mistake_is_one_error_before_any_job(planned: Build, change: dict[str, Any], said: str) -> None:
    planned.config["robustness"] |= change
    output = planned.run("--dry-run", fails=True)
    assert said in output
    assert "Traceback" not in output
