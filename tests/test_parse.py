"""parse.py: TextGrids, or a person's corrections of them -> the table of alignments."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, KMTalkError
from kmtalk_align.files import encode_id
from kmtalk_align.parse import parse
from kmtalk_align.tables import ALIGNMENTS, CORPUS, TEXTGRID_STATUS
from kmtalk_align.textgrid import write_textgrid

ODD_IDS = ["a b", "v1.2.final", "Žluťoučký kůň", "日本.1 x", "50%", "a%20b"]


class Build:
    """A results folder of one shard: utterances with a made TextGrid, or with the message of a failed alignment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus: list[dict[str, Any]] = []
        self.status: list[dict[str, Any]] = []
        for name in ("textgrids", "corrections"):
            (folder / name).mkdir()

    def add(self, utterance_id: str, *, label: str | None = "AH0", failed: str = "", prepared: str = "") -> None:
        state: dict[str, Any] = (
            {"status": "failed", "message": prepared} if prepared else {"status": "ok", "message": ""}
        )
        one = Utterance(utterance_id, "s1", "train", "a.wav", n_frames=25, fps=25.0, duration_s=1.0, **state)
        self.corpus.append(dataclasses.asdict(one))
        why = prepared or failed
        self.status.append(
            {
                "utterance_id": utterance_id,
                "unknown_words": [],
                "score": None,
                "status": "failed" if why else "ok",
                "message": why,
            }
        )
        if not why and label is not None:
            grid(self.folder / "textgrids" / f"{encode_id(utterance_id)}.TextGrid", label)

    def parse(self, *, corrections: bool = True) -> list[dict[str, Any]]:
        CORPUS.write(self.folder / "corpus.parquet", self.corpus)
        TEXTGRID_STATUS.write(self.folder / "status.parquet", self.status)
        parse(
            self.folder / "corpus.parquet",
            self.folder / "textgrids",
            self.folder / "status.parquet",
            self.folder / "corrections" if corrections else None,
            self.folder / "out.parquet",
        )
        return ALIGNMENTS.read(self.folder / "out.parquet")

    def labels(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.parse():
            if row["tier"] == "phones" and row["label"]:
                found.setdefault(row["utterance_id"], []).append(row["label"])
        return found


def grid(path: Path, label: str, end_s: float = 1.0) -> None:
    write_textgrid(path, Alignment((Interval(0.0, 0.5, "uh"),), (Interval(0.0, 0.5, label, -3.5),), end_s))


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_words_and_phones_become_rows_with_their_times(build: Build) -> None:
    build.add("a")
    ok = {"utterance_id": "a", "status": "ok", "message": ""}
    silence = {"start_s": 0.5, "end_s": 1.0, "label": "", "score": None}
    assert build.parse() == [
        ok | {"tier": "words", "start_s": 0.0, "end_s": 0.5, "label": "uh", "score": None, "phone_set": None},
        ok | {"tier": "words", "phone_set": None} | silence,
        ok | {"tier": "phones", "start_s": 0.0, "end_s": 0.5, "label": "AH0", "score": -3.5, "phone_set": "arpabet"},
        ok | {"tier": "phones", "phone_set": "arpabet"} | silence,
    ]


def test_a_phone_set_that_is_not_arpabet_is_called_other(build: Build) -> None:
    build.add("a", label="ɑː")
    assert {row["phone_set"] for row in build.parse() if row["tier"] == "phones"} == {"other"}


def test_rows_come_in_the_order_of_the_corpus(build: Build) -> None:
    for name in "cab":
        build.add(name)
    assert list(dict.fromkeys(row["utterance_id"] for row in build.parse())) == ["c", "a", "b"]


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("utterance_id", ["plain", *ODD_IDS])
def test_a_correction_is_read_in_place_of_the_made_textgrid(build: Build, utterance_id: str, encoded: bool) -> None:
    build.add(utterance_id)
    build.add("other")
    grid(build.folder / "corrections" / f"{encode_id(utterance_id) if encoded else utterance_id}.TextGrid", "T")
    assert build.labels() == {utterance_id: ["T"], "other": ["AH0"]}


@pytest.mark.parametrize("utterance_id", ["plain", *ODD_IDS])
def test_a_correction_is_read_where_aligning_had_failed(build: Build, utterance_id: str) -> None:
    build.add(utterance_id, failed="the words do not fit")
    grid(build.folder / "corrections" / f"{encode_id(utterance_id)}.TextGrid", "T")
    assert build.labels() == {utterance_id: ["T"]}


@pytest.mark.parametrize("utterance_id", ODD_IDS)
def test_a_made_textgrid_is_found_for_any_id(build: Build, utterance_id: str) -> None:
    build.add(utterance_id)
    assert build.labels() == {utterance_id: ["AH0"]}


def test_without_a_folder_of_corrections_the_made_textgrid_is_read(build: Build) -> None:
    build.add("a")
    grid(build.folder / "corrections" / "a.TextGrid", "T")
    assert [row["label"] for row in build.parse(corrections=False) if row["tier"] == "phones"] == ["AH0", ""]


def test_a_folder_of_corrections_that_is_not_there_corrects_nothing(build: Build) -> None:
    build.add("a")
    (build.folder / "corrections").rmdir()
    assert build.labels() == {"a": ["AH0"]}


def test_a_correction_of_no_utterance_changes_nothing(build: Build) -> None:
    build.add("a")
    grid(build.folder / "corrections" / "b.TextGrid", "T")
    assert build.labels() == {"a": ["AH0"]}


def test_a_broken_correction_is_a_failed_row_that_names_it(build: Build) -> None:
    build.add("a")
    build.add("b")
    correction = build.folder / "corrections" / "a.TextGrid"
    correction.write_text("I meant to do this later", encoding="utf-8")
    first = build.parse()[0]
    assert (first["utterance_id"], first["status"], first["tier"]) == ("a", "failed", None)
    assert str(correction) in first["message"]


def test_a_correction_of_another_recording_is_a_failed_row(build: Build) -> None:
    build.add("a")
    build.add("b")
    write_textgrid(build.folder / "corrections" / "a.TextGrid", Alignment((), (Interval(0.0, 3.0, "T"),), 3.0))
    first = build.parse()[0]
    assert first["status"] == "failed"
    assert "the recording at 1.00 s" in first["message"]


def test_a_correction_does_not_revive_an_utterance_that_the_corpus_cannot_use(build: Build) -> None:
    build.add("a", prepared="the recording is cut off")
    grid(build.folder / "corrections" / "a.TextGrid", "T")
    rows = build.parse()
    assert [(row["status"], row["message"]) for row in rows] == [("failed", "the recording is cut off")]


def test_a_failed_row_stays_one_failed_row_with_its_message(build: Build) -> None:
    build.add("a")
    build.add("b", failed="the words do not fit")
    rows = [row for row in build.parse() if row["utterance_id"] == "b"]
    blank = dict.fromkeys(("tier", "start_s", "end_s", "label", "score", "phone_set"))
    assert rows == [blank | {"utterance_id": "b", "status": "failed", "message": "the words do not fit"}]


def test_a_textgrid_that_is_gone_is_a_failed_row(build: Build) -> None:
    build.add("a")
    build.add("b", label=None)
    rows = [row for row in build.parse() if row["utterance_id"] == "b"]
    assert [row["status"] for row in rows] == ["failed"]
    assert "b.TextGrid" in rows[0]["message"]


def test_where_every_textgrid_is_broken_the_stage_fails_and_writes_nothing(build: Build) -> None:
    for name in "ab":
        build.add(name, label=None)
        (build.folder / "textgrids" / f"{name}.TextGrid").write_bytes(b"garbage")
    with pytest.raises(KMTalkError, match="all 2 utterances"):
        build.parse()
    assert not (build.folder / "out.parquet").exists()


def test_where_every_utterance_had_failed_before_the_table_says_so(build: Build) -> None:
    for name in "ab":
        build.add(name, failed="no words")
    assert [(row["utterance_id"], row["message"]) for row in build.parse()] == [("a", "no words"), ("b", "no words")]


def test_an_empty_shard_is_legal(build: Build) -> None:
    assert build.parse() == []


def test_an_utterance_that_was_never_aligned_is_an_error_that_names_it(build: Build) -> None:
    build.add("a")
    build.add("late comer")
    build.status.pop()
    with pytest.raises(ArtefactError, match=r"status\.parquet: has no row for late comer"):
        build.parse()


def test_an_id_that_occurs_twice_is_an_error(build: Build) -> None:
    build.add("a")
    build.status.append(build.status[0])
    with pytest.raises(ArtefactError, match="occurs twice"):
        build.parse()


def test_a_table_of_another_kind_is_refused(build: Build) -> None:
    build.add("a")
    CORPUS.write(build.folder / "corpus.parquet", build.corpus)
    corpus = build.folder / "corpus.parquet"
    with pytest.raises(ArtefactError, match="is not a table of textgrid status"):
        parse(corpus, build.folder / "textgrids", corpus, None, build.folder / "out.parquet")


def test_an_id_too_long_for_a_file_name_does_not_end_the_shard(build: Build) -> None:
    build.add("a")
    build.add("ж" * 60, failed="cannot be written")
    assert [row["status"] for row in build.parse() if row["utterance_id"] != "a"] == ["failed"]
