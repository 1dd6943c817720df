"""The command `compare`, and the tables, page and picture that it writes."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.cli import app
from kmtalk_model.protocols import PROTOCOLS
from kmtalk_model.report.combine import Combined, combine
from kmtalk_model.report.comparison_plot import as_picture
from kmtalk_model.rivals import RIVALS
from tests.report.evaluated import CLIPS, evaluated

[MVE] = [one for one in PROTOCOLS["codetalker"].metrics if one.name == "mean_vertex_error"]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Evaluations of `near`, and of `far` and `farther`."""
    return [
        evaluated(tmp_path / "near.json", {"near": 0.02}),
        evaluated(tmp_path / "far.json", {"far": 0.03, "farther": 0.04}),
    ]


@pytest.fixture
def combined(paths: list[Path]) -> Combined:
    return combine(paths)


def compare(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_table_for_programs_holds_what_the_evaluation_says(paths: list[Path], tmp_path: Path) -> None:
    compare(*paths, "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = {(row["system"], row["metric"]): row for row in csv.DictReader(file)}
    both = evaluated(tmp_path / "both.json", {"near": 0.02, "far": 0.03, "farther": 0.04})
    said = json.loads(both.read_text())
    assert len(rows) == len(said["systems"]) * len(said["metrics"])
    for (system, metric), row in rows.items():
        own = said["systems"][system]
        assert row["rival"] == ("yes" if system in RIVALS else "no")
        assert row["unit"] == said["metrics"][metric]["unit"]
        assert [row[name] for name in ("value", "low", "high")] == [
            f"{own['metrics'][metric][name]:.6g}" for name in ("value", "low", "high")
        ]
        if system == "near":
            assert row["difference"] == row["share"] == ""
            continue
        less = own["less_reference"][metric]
        assert row["difference_low"] == f"{less['absolute']['low']:.6g}"
        share = less["relative"]
        assert row["share_high"] == ("" if share is None else f"{share['high']:.6g}")


def test_what_is_printed_and_the_tables_for_people_hold_the_same_cells(paths: list[Path], tmp_path: Path) -> None:
    printed = compare(*paths, "-o", tmp_path / "out.md", "-o", tmp_path / "out.html")
    markdown, page = (tmp_path / "out.md").read_text(), (tmp_path / "out.html").read_text()
    rows = [line.split(" | ") for line in markdown.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == [
        *("| system", "| near", "| far", "| farther", "| mean pose", "| ridge regression"),
        *("| system", "| far", "| farther", "| mean pose", "| ridge regression"),
    ]
    assert {len(row) for row in rows} == {8}
    cells = {part for row in rows for cell in row for part in cell.strip("| ").split("<br>")}
    assert all(cell in printed and cell in page for cell in cells)
    assert "Made | by hand." in markdown
    assert "upper-face dynamics, captured - predicted, mean over clips; 0 is best" in markdown
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)


def test_the_same_evaluations_give_the_same_bytes(paths: list[Path], tmp_path: Path) -> None:
    kinds = ("csv", "md", "html", "svg", "png")
    made = []
    for name in ("one", "other"):
        files = [tmp_path / f"{name}.{kind}" for kind in kinds]
        compare(*paths, *(part for file in files for part in ("-o", file)))
        made.append([file.read_bytes() for file in files])
    assert made[0] == made[1]


def test_a_picture_has_a_panel_for_each_metric_and_a_row_for_each_system(combined: Combined) -> None:
    drawn = ElementTree.fromstring(as_picture(combined, "svg"))
    panels = [one for one in drawn.iter() if one.get("id", "").startswith("axes_")]
    assert len(panels) == 2 * len(combined.comparison.metrics)
    assert as_picture(combined, "png").startswith(b"\x89PNG")


def test_a_picture_grows_with_the_systems(tmp_path: Path) -> None:
    heights = []
    for count in (2, 14):
        errors = {f"run_{number}": 0.02 + number / 500 for number in range(count)}
        path = evaluated(tmp_path / "runs.json", errors, metrics=(MVE,))
        drawn = ElementTree.fromstring(as_picture(combine([path]), "svg"))
        heights.append(float(drawn.get("height", "0pt")[:-2]))
    assert heights[1] > heights[0] * 1.8


@pytest.mark.parametrize("clips", [CLIPS[:1], CLIPS[:2]])
def test_few_clips_give_a_picture_without_intervals(tmp_path: Path, clips: tuple[str, ...]) -> None:
    found = combine([evaluated(tmp_path / "few.json", {"few": 0.02}, clips=clips)])
    assert as_picture(found, "svg").startswith(b"<?xml")


def test_a_system_without_any_value_of_a_metric_is_drawn_without(tmp_path: Path) -> None:
    path = evaluated(tmp_path / "perfect.json", {"perfect": 0.0})
    found = combine([path])
    assert found.comparison.differences[RIVALS[0]]["lip_vertex_error"].relative is not None
    assert as_picture(found, "svg").startswith(b"<?xml")


def test_mistakes_end_in_one_line_and_no_file(paths: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for arguments, error, message in [
        (["-o", "out.pdf"], ConfigError, "can't be written as .pdf; name it out.svg or out.png or out.html or out.md"),
        (["-o", "out"], ConfigError, "can't be written as a file without suffix"),
        (["--reference", "nobody"], ConfigError, "there is no system 'nobody'"),
        ([str(tmp_path / "gone.json")], ArtefactError, "is no readable evaluation"),
        ([str(tmp_path)], ConfigError, "is no run"),
    ]:
        made = tmp_path / "out" / "made.svg"
        done = CliRunner().invoke(app, ["compare", *map(str, paths), "-o", str(made), *arguments])
        assert isinstance(done.exception, error)
        assert message in str(done.exception)
        assert list((tmp_path / "out").iterdir()) == []
