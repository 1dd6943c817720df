"""report/curves.py and the command `curves`: what training measured, as a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.cli import app
from kmtalk_model.report.curves import Curves, draw_curves
from kmtalk_model.run_folder import RunFolder
from tests.tiny_run import description, empty_stages, templates

HISTORY = """epoch,train/lips,train/loss,train/reconstruction,val/lve
0,0.3,40,0.01,5e-5
1,0.1,14,0.004,2e-5
2,0.05,7,,3e-5
"""
RECORD = {
    "recipe": {stage: {"losses": {"reconstruction": 1000.0, "lips": 100.0}} for stage in ("key_motion", "completion")},
    "corpus": {"unit": "metre"},
    "best_epoch": 1,
    "lve": {"train": 1e-5, "val": 2e-5},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two stages, which another experiment trained."""
    folder = empty_stages(tmp_path) / "tiny"
    RunFolder.write(folder, description(), templates())
    for stage in ("key_motion", "completion"):
        (tmp_path / "base" / stage / "metrics.csv").write_text(HISTORY)
        (tmp_path / "base" / stage / "stage.json").write_text(json.dumps(RECORD))
    return folder


def test_terms_are_what_they_add_to_the_loss(run: Path) -> None:
    found = Curves.read(run.parent / "base" / "key_motion", "key_motion")
    assert found.epochs == [1, 2, 3]
    assert found.loss == [40, 14, 7]
    assert set(found.terms) == {"lips", "reconstruction"}
    for epoch in (0, 1):
        assert sum(values[epoch] for values in found.terms.values()) == pytest.approx(found.loss[epoch])
    assert found.terms["reconstruction"][2] != found.terms["reconstruction"][2]  # NaN: it was not measured
    assert (found.lve, found.unit, found.best) == ([5e-5, 2e-5, 3e-5], "metre", 2)


def test_each_stage_has_two_panels_and_the_bytes_are_the_same(run: Path) -> None:
    drawn = draw_curves(run, "svg")
    panels = [one for one in ElementTree.fromstring(drawn).iter() if one.get("id", "").startswith("axes_")]
    assert len(panels) == 4
    assert draw_curves(run / "run.json", "svg") == drawn
    assert draw_curves(run, "png").startswith(b"\x89PNG")


def test_the_epoch_that_was_kept_is_marked(run: Path) -> None:
    before = draw_curves(run, "svg")
    stage = run.parent / "base" / "completion" / "stage.json"
    stage.write_text(json.dumps(RECORD | {"best_epoch": 2}))
    assert draw_curves(run, "svg") != before


def test_one_epoch_is_drawn_too(run: Path) -> None:
    for stage in ("key_motion", "completion"):
        path = run.parent / "base" / stage / "metrics.csv"
        path.write_text("".join(HISTORY.splitlines(keepends=True)[:2]))
        (path.parent / "stage.json").write_text(json.dumps(RECORD | {"best_epoch": 0}))
    assert draw_curves(run, "svg").startswith(b"<?xml")


def test_the_command_writes_the_picture_that_the_suffix_names(run: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["curves", str(run), "-o", str(tmp_path / "out" / "tiny.png")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "tiny.png").read_bytes().startswith(b"\x89PNG")
    done = CliRunner().invoke(app, ["curves", str(run), "-o", str(tmp_path / "tiny.pdf")])
    assert isinstance(done.exception, ConfigError)
    assert "name it tiny.svg or tiny.png" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("metrics.csv", None, "the training of the stage leaves it there"),
        ("metrics.csv", "", "holds no epoch"),
        ("metrics.csv", "epoch,train/loss\n0,1\n", r"does not fit its stage\.json \(KeyError"),
        ("metrics.csv", "epoch,train/loss,val/lve\n0,high,1\n", r"does not fit its stage\.json \(ValueError"),
        ("stage.json", None, "train the stage first"),
        ("stage.json", "{", "cannot be read"),
        ("stage.json", "{}", r"does not fit its stage\.json \(KeyError"),
        ("stage.json", "[]", r"does not fit its stage\.json \(TypeError"),
    ],
)
def test_a_history_that_is_gone_or_malformed_is_one_error(run: Path, name: str, content: str | None, said: str) -> None:
    path = run.parent / "base" / "completion" / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ArtefactError, match=said):
        draw_curves(run, "svg")


def test_a_row_that_is_longer_than_the_header_is_an_error(run: Path) -> None:
    (run.parent / "base" / "completion" / "metrics.csv").write_text("epoch,train/loss,val/lve\n0,4,1e-5,7,8\n")
    with pytest.raises(ArtefactError, match="does not fit"):
        draw_curves(run, "svg")
