"""A whole small workflow: from recordings with motion to a trained, scored and shown run, and again nothing."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from kmtalk_model.animation import Animation
from kmtalk_model.run_folder import RunFolder
from tests.folder_corpus import IDS
from tests.trained_build import Trained
from tests.workflow_build import Build, jobs

pytestmark = pytest.mark.xdist_group("trained")


def test_an_experiment_is_trained_scored_compared_and_shown_once(trained: Trained) -> None:
    build, done = trained.build, jobs(trained.printed)
    assert (done["train"], done["assemble"], done["evaluate"]) == (2, 1, 1)
    assert (done["compare"], done["curves"], done["predict"], done["captured"]) == (1, 1, 1, 1)
    assert (done["render"], done["figure"], done["view"]) == (1, 1, 1)
    run = RunFolder.load(build.results / "runs" / "tiny")
    assert set(run.run.stages) == {"key_motion", "completion"}
    scored = json.loads((build.results / "evaluation" / "tiny.json").read_text())
    assert set(scored["systems"]) == {"tiny", "mean pose", "ridge regression"}
    assert scored["protocol"] == "codetalker"
    check_comparison(build)
    check_shown(build)
    check_report(build)
    assert not jobs(build.run("--", "all", "show"))
    assert build.temporary_files() == []


def check_comparison(build: Build) -> None:
    """Run and rivals, with the figures of their evaluation; and the curves."""
    said = json.loads((build.results / "evaluation" / "tiny.json").read_text())["systems"]
    with (build.results / "tables" / "comparison.csv").open(newline="") as file:
        found = {row["system"]: row["value"] for row in csv.DictReader(file) if row["metric"] == "mean_vertex_error"}
    assert list(found) == list(said)
    for name, value in found.items():
        assert float(value) == pytest.approx(said[name]["metrics"]["mean_vertex_error"]["value"], rel=1e-5)
    assert {path.suffix for path in (build.results / "tables").iterdir()} == {".html", ".svg", ".csv", ".md"}
    assert (build.results / "curves" / "tiny.svg").read_text().endswith("</svg>\n")


def check_shown(build: Build) -> None:
    """What was predicted and what was captured, and what the commands that show them were given."""
    one, where = IDS[2], "results/small/animations"
    found = {name: Animation.load(build.folder / where / name / f"{one}.npz") for name in ("captured", "tiny")}
    assert {animation.name for animation in found.values()} == set(found)
    assert len({(animation.vertices.shape, tuple(animation.key_frames)) for animation in found.values()}) == 1
    pair = [f"{where}/tiny/{one}.npz", "--captured", f"{where}/captured/{one}.npz"]
    for command, path in (
        ("render", f"videos/tiny/{one}.mp4"),
        ("figure", f"figures/tiny/{one}.png"),
        ("view", f"viewer/{one}.html"),
    ):
        given = (build.results / path).read_text().split()
        assert given == [command, *pair, "-o", f"results/small/{path}"]


def check_report(build: Build) -> None:
    """Snakemake's report holds what people look at, by category."""
    build.run("--report", "report.html", "--", "all", "show")
    page = (build.folder / "report.html").read_text()
    found = json.loads(re.findall(r"var categories = (.*?);?$", page, re.MULTILINE)[0])
    names = {
        category: sorted(Path(path).name for paths in parts.values() for path in paths)
        for category, parts in found.items()
    }
    assert names == {
        "Quality": ["quality.html"],
        "Training": ["tiny.svg"],
        "Results": ["comparison.csv", "comparison.html", "comparison.svg"],
        "Look": [f"{IDS[2]}.html", f"{IDS[2]}.mp4", f"{IDS[2]}.png"],
    }
