"""grid.py: GRID's own files become a corpus with its words and its splits."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.corpora import conversion_of, corpus_config
from kmtalk_align.corpora.grid import GridCorpus
from kmtalk_align.corpora.grid_splits import BENCHMARK, split_of
from kmtalk_align.corpora.grid_words import read_align
from kmtalk_align.errors import CorpusError
from kmtalk_align.quality.given_times import read_given
from tests.capture.films import film, use_fake

ALIGN = "0 2500 sil\n2500 5000 bin\n5000 5000 sp\n5000 7500 blue\n7500 10000 sil\n"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GridCorpus:
    """Five clips: with words, without, without sound, words without a video, and words that are none."""
    use_fake(monkeypatch, tmp_path / "environment")
    root = tmp_path / "grid"
    for name in ("s1/video/bbaf4p", "s1/video/bbbs5s", "s7/video/bbbm2p", "s7/video/swwc4n"):
        film(root / f"{name}.mpg", sound_s=None if name.endswith("bbbm2p") else 0.4)
    for name, text in (
        ("s1/align/bbaf4p", ALIGN),
        ("s1/align/lbad6n", ALIGN),
        ("s7/align/swwc4n", "0 100 bin\n50 20 x\n"),
    ):
        (root / f"{name}.align").parent.mkdir(parents=True, exist_ok=True)
        (root / f"{name}.align").write_text(text)
    return GridCorpus("grid", str(root), converted=str(tmp_path / "converted"))


def test_it_is_known_by_its_name_and_has_to_be_converted(made: GridCorpus) -> None:
    config = corpus_config({"name": "grid", "type": "grid", "root": made.root, "converted": made.converted})
    assert conversion_of(config) is config == made
    with pytest.raises(CorpusError, match="has not been converted"):
        made.open()
    assert GridCorpus("mine", "data/grid").root_folder() == Path("results/mine/converted")


@pytest.mark.parametrize("threads", [1, 2])
def test_clips_become_a_corpus_with_words_and_splits(
    made: GridCorpus, threads: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        made.convert(threads)
    assert "val 1 of 44, testA 1 of 46" in caplog.text
    corpus = made.open()
    rows = {one: corpus.examine(one) for one in corpus.utterance_ids}
    assert {one: (row.status, row.split, row.subject, row.transcript) for one, row in rows.items()} == {
        "s1_bbaf4p": ("ok", "train", "s1", "bin blue"),
        "s1_bbbs5s": ("ok", "val", "s1", None),
        "s1_lbad6n": ("failed", "testA", "s1", None),
        "s7_bbbm2p": ("failed", "testA", "s7", None),
        "s7_swwc4n": ("failed", "val", "s7", None),
    }
    assert "times of words and no video" in rows["s1_lbad6n"].message
    assert rows["s7_bbbm2p"].message.startswith("s7/video/bbbm2p.mpg: holds no audio stream")
    assert rows["s7_swwc4n"].message.startswith("s7/align/swwc4n.align: line 2")
    words = read_given(corpus.root / "words" / "s1_bbaf4p.csv", "word")
    assert [(word.start_s, word.end_s, word.label) for word in words] == [(0.1, 0.2, "bin"), (0.2, 0.3, "blue")]
    assert (corpus.fps, corpus.unit, corpus.mouth_opening, corpus.vertex_count) == (25.0, "metre", (13, 14), 468)
    assert rows["s1_bbaf4p"].language == "en"


def test_only_what_changed_is_converted_again(made: GridCorpus) -> None:
    made.convert(1)
    root, folder = Path(made.root), made.root_folder()
    before = {path.stem: path.stat().st_mtime_ns for path in (folder / "vertices_npy").iterdir()}
    (root / "s1/align/bbaf4p.align").unlink()
    made.convert(1)
    after = {path.stem: path.stat().st_mtime_ns for path in (folder / "vertices_npy").iterdir()}
    assert [one for one in before if before[one] != after[one]] == ["s1_bbaf4p"]
    assert made.open().examine("s1_bbaf4p").transcript is None
    assert not (folder / "words" / "s1_bbaf4p.csv").exists()


def test_a_file_that_cannot_be_read_fails_its_clip_alone(made: GridCorpus) -> None:
    for name in ("s1/video/lgaf1n.mpg", "s1/align/bbaf4p.align"):
        path = Path(made.root, name)
        path.unlink(missing_ok=True)
        path.mkdir()
    made.convert(1)
    corpus = made.open()
    assert corpus.examine("s1_bbbs5s").status == "ok"
    assert corpus.examine("s1_lgaf1n").message.startswith("s1/video/lgaf1n.mpg: is a folder")
    assert corpus.examine("s1_bbaf4p").message.startswith("s1/align/bbaf4p.align: cannot be read")


def test_a_folder_without_talkers_is_an_error_that_names_the_layout(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(CorpusError, match=r"<talker>/video/\*\.mpg.*grid\.yaml"):
        GridCorpus("grid", str(tmp_path / "root"), converted=str(tmp_path / "converted")).convert(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 100 bin\nblue 100 200\n", "line 2 is 'blue 100 200'"),
        ("0 100\n", "line 1"),
        ("0 -5 bin\n", "line 1"),
        ("0 100 bin\n99 200 blue\n", "line 2 begins before"),
        ("100 0 bin\n", "line 1 .*ends before it begins"),
        ("0 100 sil\n", "holds no word"),
        ("", "holds no word"),
        ("\x00\xff", "line 1"),
    ],
)
def test_words_without_times_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.align"
    path.write_text(text)
    with pytest.raises(CorpusError, match=message):
        read_align(path)


@given(text=st.text(alphabet="01 9\nbinslp\t-.", max_size=60))
def test_any_text_gives_words_in_order_or_an_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.align"
    path.write_text(text)
    try:
        words = read_align(path)
    except CorpusError:
        return
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert words


def test_the_benchmark_is_that_of_grid468(shared_data: Path) -> None:
    clips = json.loads((shared_data / "grid468" / "clips.json").read_bytes())
    known = [one for one in clips if one["subject"].startswith("s")]  # the others are unnamed talkers of a trailer
    assert len(known) == 680
    assert [one["id"] for one in known if split_of(one["subject"], one["clip"]) != one["split"]] == []


def test_other_talkers_go_by_the_rule() -> None:
    assert {split: len(ids) for split, ids in BENCHMARK.items()} == {"val": 44, "testA": 46}
    assert not BENCHMARK["val"] & BENCHMARK["testA"]
    assert {split_of(talker, "bbaf2n") for talker in ("s2", "s20", "s22")} == {"testB"}
    assert split_of("s1", "zzzz9z") == "train"
    # What the benchmark holds out of one talker is held out of all.
    assert split_of("s7", "bbbs5s") == "val"
    codes = [
        f"{a}{b}{c}{d}{e}{f}"
        for a in "bl"
        for b in "bg"
        for c in "ab"
        for d in "abcdefgh"
        for e in "0123"
        for f in "ans"
    ]
    splits = [split_of("s7", code) for code in codes]
    assert len(codes) / 24 < splits.count("val") < len(codes) / 10
    assert len(codes) / 24 < splits.count("testA") < len(codes) / 10
    assert [split_of("s8", code) for code in codes] == splits
