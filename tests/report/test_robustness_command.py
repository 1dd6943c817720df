"""The command `robustness`, and the tables, page and picture that it writes."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kmtalk_align.errors import ConfigError
from kmtalk_model.cli import app
from kmtalk_model.report.robustness import study_robustness
from kmtalk_model.report.robustness_paper import TABLE_4
from kmtalk_model.report.robustness_plot import as_picture
from tests.report.made_study import ERRORS, EXPERIMENT, HEARD, LATER, REFERENCE, SPLIT, study

KINDS = ("csv", "md", "html", "svg", "png")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("study"))


def robustness(results: Path, *arguments: object) -> str:
    options = ["--experiment", EXPERIMENT, "--split", SPLIT, "--reference", REFERENCE, *map(str, arguments)]
    done = CliRunner().invoke(app, ["robustness", str(results), *options], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def written(results: Path, folder: Path, name: str = "out") -> dict[str, Path]:
    """What the command writes, by suffix."""
    files = {kind: folder / f"{name}.{kind}" for kind in KINDS}
    robustness(results, *(part for file in files.values() for part in ("-o", file)))
    return files


def test_the_table_for_programs_has_a_row_for_each_combination(made: Path, tmp_path: Path) -> None:
    with written(made, tmp_path)["csv"].open(newline="") as file:
        rows = {f"{row['asr']}.{row['aligner']}.{row['selector']}": row for row in csv.DictReader(file)}
    assert set(rows) == set(ERRORS)
    first, heard, later = (rows[name] for name in (REFERENCE, HEARD, LATER))
    assert (first["reference"], heard["reference"]) == ("yes", "no")
    assert first["lve_share"] == first["key_frame_f1_same"] == first["boundary_median_ms"] == ""
    assert (heard["word_error_rate"], heard["transcribed_utterances"]) == ("0.125", "2")
    assert (later["offset"], later["key_frame_f1_same"], later["key_frame_f1_within_one"]) == ("1", "0.5", "1")
    # The errors go with the square of what was put in.
    assert float(heard["lve_share"]) == pytest.approx(1.1**2 - 1, rel=1e-5)
    assert float(heard["lve"]) == pytest.approx(float(first["lve"]) * 1.1**2, rel=1e-5)
    assert float(heard["lve_difference"]) == pytest.approx(float(heard["lve"]) - float(first["lve"]), rel=1e-4)
    assert heard["unit"] == "metre^2"
    assert not any(row["asr"].lower().startswith("auto") for row in rows.values())


def test_what_is_printed_and_the_tables_for_people_hold_the_same_cells(made: Path, tmp_path: Path) -> None:
    files = written(made, tmp_path)
    printed, markdown, page = robustness(made), files["md"].read_text(), files["html"].read_text()
    rows = [line.split(" | ") for line in markdown.splitlines() if line.startswith("| ")]
    cells = {part for row in rows for cell in row for part in cell.strip("| ").split("<br>")}
    assert {"reference", "the same phones", "12.5%", "0.500", "later, +1", "+21.0%"} <= cells
    assert all(cell in printed and cell in page for cell in cells)
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)


def test_the_papers_rows_stand_in_a_table_of_their_own(made: Path, tmp_path: Path) -> None:
    ours, theirs = written(made, tmp_path)["md"].read_text().split("## The paper's own")
    assert "3.9654" not in ours
    assert "| Whisper-large | 4.0718 | +2.7% | 2.8141 | +10.6% |" in theirs
    assert REFERENCE not in theirs.partition("\n- ")[0]


def test_the_papers_changes_are_against_its_first_row() -> None:
    assert [round(100 * one.lve_change, 2) for one in TABLE_4] == [0.0, 2.68, 2.49, 0.85]
    assert [round(100 * one.fdd_change, 2) for one in TABLE_4] == [0.0, 10.59, 10.36, 3.83]


def test_a_corpus_without_transcripts_says_so_and_not_nought(tmp_path: Path) -> None:
    results = study(tmp_path / "results", {name: {"reference": None} for name in ERRORS})
    files = written(results, tmp_path)
    with files["csv"].open(newline="") as file:
        assert {row["word_error_rate"] for row in csv.DictReader(file)} == {""}
    assert "no transcripts<br>to compare with" in files["md"].read_text()


def test_a_recogniser_that_failed_is_a_row_that_says_so(tmp_path: Path) -> None:
    failed = {"source": "fallback", "message": "no transcript", "heard": "", "words": (), "phones": ()}
    files = written(study(tmp_path / "results", {HEARD: failed}), tmp_path)
    [row] = [line for line in files["md"].read_text().splitlines() if line.startswith("| ear")]
    assert "| 100.0%<br>100.0% to 100.0%<br>2 utterances | no phones<br>in common | no clip<br>to compare |" in row
    assert "| 2, 0<br>of 2 |" in row


def test_the_same_results_give_the_same_bytes(made: Path, tmp_path: Path) -> None:
    one, other = written(made, tmp_path, "one"), written(made, tmp_path, "other")
    assert [one[kind].read_bytes() for kind in KINDS] == [other[kind].read_bytes() for kind in KINDS]
    assert one["png"].read_bytes().startswith(b"\x89PNG")


def test_a_picture_has_a_panel_for_each_error_and_each_cause(made: Path) -> None:
    drawn = ElementTree.fromstring(as_picture(study_robustness(made, EXPERIMENT, SPLIT), "svg"))
    panels = [one for one in drawn.iter() if one.get("id", "").startswith("axes_")]
    assert len(panels) == 6


def test_one_combination_alone_is_shown_too(made: Path) -> None:
    found = study_robustness(made, EXPERIMENT, SPLIT, [REFERENCE])
    assert as_picture(found, "svg").startswith(b"<?xml")
    assert "reference" in robustness(made, "--run", REFERENCE)


def test_a_file_of_another_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    arguments = ["robustness", str(tmp_path), "--experiment", EXPERIMENT, "-o", str(tmp_path / "out.pdf")]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, ConfigError)
    assert "name it out.svg or out.png or out.html or out.md or out.csv" in str(done.exception)
