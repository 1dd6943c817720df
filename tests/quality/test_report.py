"""quality/report.py: the report as a whole."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.quality.report import write_report
from kmtalk_align.quality.tables import GIVEN_TIMES, PREMISE
from kmtalk_align.tables import CLIPS, DISAGREEMENT
from tests.made_results import regular_phones, say_of_corpus, shard, stepping_motion

NAMES = {"quality.html", "clips.parquet", "disagreement.parquet", "given_times.parquet", "premise.parquet"}
RUNS = ("a.x.phoneme", "b.x.phoneme")


def build(folder: Path, clips: int = 4) -> Path:
    """Results of two runs, and a corpus root with motion and word times, in one folder."""
    results = folder / "results"
    (folder / "words").mkdir(parents=True)
    for place in range(clips):
        name = f"clip{place:02d}"
        for number, run in enumerate(RUNS):
            shard(
                results,
                name,
                name,
                run=run,
                heard="one two three" if number == 0 else "one too three",
                words=[(0.2, 0.5 + 0.01 * number, "one"), (0.6, 1.8, "two")],
                phones=regular_phones(8),
                score=-15.0 - place,
                key_frames=tuple(range(0, 50, 5 + number)),
                n_frames=50,
                fps=25.0,
                has_motion=True,
            )
        np.save(folder / f"{name}.npy", stepping_motion(50, range(5, 46, 5), seed=place))
        (folder / "words" / f"{name}.csv").write_text("start_s,end_s,word\n0.21,0.5,one\n0.6,1.8,two\n")
    say_of_corpus(results, vertex_count=4, regions={}, mouth_opening=[0, 1], fps=25.0, description="Made <by hand>.")
    return results


def html_of(folder: Path) -> str:
    return (folder / "out" / "quality.html").read_text()


def text_of(folder: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>|data:[^\"]*", " ", html_of(folder)))


def test_the_report_and_its_tables_are_whole(tmp_path: Path) -> None:
    quality = write_report(build(tmp_path), tmp_path, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == NAMES
    clips = CLIPS.read(tmp_path / "out" / "clips.parquet")
    assert [(row["run"], row["utterance_id"]) for row in clips] == [(r, f"clip{n:02d}") for r in RUNS for n in range(4)]
    assert clips[0]["key_ratio"] == pytest.approx(10 / 50)
    assert clips[0]["words_per_spoken_s"] == pytest.approx(2 / 1.6)
    assert clips[4]["word_error_rate"] == pytest.approx(1 / 3)
    assert clips[4]["recogniser_disagreement"] == pytest.approx(1 / 3)
    levels = [row["level"] for row in DISAGREEMENT.read(tmp_path / "out" / "disagreement.parquet")]
    assert {level: levels.count(level) for level in levels} == dict.fromkeys(
        ("transcripts", "words", "phones", "key frames"), 4
    )
    assert len(GIVEN_TIMES.read(tmp_path / "out" / "given_times.parquet")) == 8
    assert len(PREMISE.read(tmp_path / "out" / "premise.parquet")) == 4 * 2 * 3
    assert quality.notices == []
    text = text_of(tmp_path)
    assert "Made &lt;by hand&gt;." in text
    assert "higher" in text
    assert "33.3%" in text


def test_it_is_one_file_whose_plots_are_drawings(tmp_path: Path) -> None:
    write_report(build(tmp_path), tmp_path, tmp_path / "out")
    html = html_of(tmp_path)
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    images = [one for one in sources if one.startswith("data:image/svg+xml;base64,")]
    assert len(images) == 4
    assert all(one.startswith("#") for one in sources if one not in images)
    assert "<script" not in html
    for image in images:
        assert ElementTree.fromstring(base64.b64decode(image.partition(",")[2])).tag.endswith("svg")


def test_two_reports_of_the_same_data_in_two_places_are_equal_byte_for_byte(tmp_path: Path) -> None:
    for place in ("here", "elsewhere"):
        write_report(build(tmp_path / place), tmp_path / place, tmp_path / place / "out")
    for name in NAMES:
        ours, theirs = (tmp_path / place / "out" / name for place in ("here", "elsewhere"))
        assert ours.read_bytes() == theirs.read_bytes()
        assert str(tmp_path).encode() not in ours.read_bytes()


def without_root(folder: Path) -> Path | None:
    return None


def malformed(folder: Path) -> Path | None:
    (folder / "words" / "clip01.csv").write_text("start_s,end_s,word\n0,x,one\n")
    return folder


def half_made(folder: Path) -> Path | None:
    (folder / "results" / "alignments" / "b.x" / "clip02.parquet").unlink()
    return folder


def motionless(folder: Path) -> Path | None:
    (folder / "clip03.npy").unlink()
    return folder


def of_speech_alone(folder: Path) -> Path | None:
    say_of_corpus(folder / "results", vertex_count=0)
    return folder


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        (without_root, "The corpus&#39; root was not given"),
        (malformed, "words/clip01.csv, line 2: has no times"),
        (half_made, "b.x.phoneme is not whole: 1 of 4 shards are missing (clip02)"),
        (motionless, "clip03.npy: cannot be read"),
        (of_speech_alone, "The corpus has no motion"),
    ],
)
def test_what_could_not_be_looked_at_is_said(
    tmp_path: Path, change: Callable[[Path], Path | None], notice: str
) -> None:
    results = build(tmp_path)
    write_report(results, change(tmp_path), tmp_path / "out")
    assert notice in text_of(tmp_path)


def test_results_without_a_run_make_a_report_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "results" / "corpus").mkdir(parents=True)
    say_of_corpus(tmp_path / "results", shards=["0"])
    write_report(tmp_path / "results", None, tmp_path / "out")
    assert "No run has come to key frames yet" in text_of(tmp_path)
    assert CLIPS.read(tmp_path / "out" / "clips.parquet") == []


def test_a_corpus_in_which_nothing_was_aligned_is_reported(tmp_path: Path) -> None:
    shard(tmp_path / "results", "0", "a", source="fallback", message="a: the words do not fit", has_motion=True)
    np.save(tmp_path / "a.npy", np.zeros((10, 4, 3)))
    say_of_corpus(tmp_path / "results", vertex_count=4)
    write_report(tmp_path / "results", tmp_path, tmp_path / "out")
    assert "not aligned: the words do not fit" in text_of(tmp_path)


def test_only_the_runs_that_are_asked_for_are_looked_at(tmp_path: Path) -> None:
    write_report(build(tmp_path), tmp_path, tmp_path / "out", [RUNS[1]])
    assert {row["run"] for row in CLIPS.read(tmp_path / "out" / "clips.parquet")} == {RUNS[1]}
    assert DISAGREEMENT.read(tmp_path / "out" / "disagreement.parquet") == []


def test_the_gravest_come_first_and_a_long_list_says_how_long_it_is(tmp_path: Path) -> None:
    for place in range(60):
        shard(tmp_path / "results", f"{place:02d}", f"clip{place:02d}", unknown=("blorp",))
    shard(tmp_path / "results", "99", "last", status="failed", message="last: silent", source=None, key_frames=())
    write_report(tmp_path / "results", None, tmp_path / "out")
    rows = re.findall(r"<tr><td>(clip\d\d|last)</td><td>([\d.]+)</td>", html_of(tmp_path))
    assert rows[0] == ("last", "10.0")
    assert len(rows) == 50
    assert "The first 50 of 61" in text_of(tmp_path)


def test_wrong_arguments_are_errors_that_name_them(tmp_path: Path) -> None:
    results = build(tmp_path)
    with pytest.raises(ConfigError, match="nowhere"):
        write_report(results, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(ConfigError, match=r"no run 'c\.x\.phoneme'.*a\.x\.phoneme, b\.x\.phoneme"):
        write_report(results, None, tmp_path / "out", ["c.x.phoneme"])
    with pytest.raises(ArtefactError, match=r"corpus\.json"):
        write_report(tmp_path / "nothing", None, tmp_path / "out")
    with pytest.raises(ArtefactError, match="cannot be written"):
        write_report(results, None, results / "corpus" / "corpus.json")
