"""Which split an utterance belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmtalk_align.corpora.splits import UNASSIGNED, SplitRule, counts_by_split, read_splits, split_by_rule, subject_of
from kmtalk_align.errors import CorpusError

# VOCASET's splits as FaceFormer's data_loader.py has them, with fewer subjects.
VOCASET = {
    "train": SplitRule((1, 40), ("FaceTalk_170728_03272_TA",)),
    "val": SplitRule((21, 40), ("FaceTalk_170811_03275_TA",)),
    "test": SplitRule((21, 40), ("FaceTalk_170809_00138_TA",)),
}


@pytest.mark.parametrize(
    ("utterance_id", "subject"),
    [
        ("FaceTalk_170728_03272_TA_sentence01", "FaceTalk_170728_03272_TA"),
        ("F2_e03", "F2"),
        ("a.b_01", "a.b"),
        ("bbaf4p", "bbaf4p"),
        ("_01", "_01"),
        ("ann_", "ann"),
    ],
)
def test_the_subject_is_the_stem_without_its_last_field(utterance_id: str, subject: str) -> None:
    assert subject_of(utterance_id) == subject


@pytest.mark.parametrize(
    ("utterance_id", "split"),
    [
        ("FaceTalk_170728_03272_TA_sentence01", "train"),
        ("FaceTalk_170728_03272_TA_sentence40", "train"),
        ("FaceTalk_170811_03275_TA_sentence20", "unassigned"),
        ("FaceTalk_170811_03275_TA_sentence21", "val"),
        ("FaceTalk_170809_00138_TA_sentence40", "test"),
        ("FaceTalk_170809_00138_TA_sentence41", "unassigned"),
        ("FaceTalk_170000_00000_TA_sentence21", "unassigned"),
    ],
)
def test_faceformers_stem_rule(utterance_id: str, split: str) -> None:
    assert split_by_rule(utterance_id, VOCASET) == split


def test_a_rule_without_subjects_holds_for_all() -> None:
    assert split_by_rule("F2_e03", {"train": SplitRule((1, 32))}) == "train"


def test_the_first_rule_that_holds_decides() -> None:
    assert split_by_rule("ann_05", {"val": SplitRule((5, 5)), "train": SplitRule((1, 10))}) == "val"


@pytest.mark.parametrize("utterance_id", ["ann_hello", "ann_5", "x", "", "ann_-5"])
def test_a_stem_without_a_number_at_its_end_is_unassigned(utterance_id: str) -> None:
    assert split_by_rule(utterance_id, {"train": SplitRule((0, 99))}) == "unassigned"


def test_splits_json_gives_the_split_of_each_id(tmp_path: Path) -> None:
    path = tmp_path / "splits.json"
    path.write_text('{"train": ["a_01", "zoë_01"], "val": [], "test": ["b_01"]}', encoding="utf-8")
    assert read_splits(path) == {"a_01": ["train"], "zoë_01": ["train"], "b_01": ["test"]}


def test_an_id_in_two_splits_has_both(tmp_path: Path) -> None:
    path = tmp_path / "splits.json"
    path.write_text('{"train": ["a_01"], "test": ["a_01"]}')
    assert read_splits(path) == {"a_01": ["train", "test"]}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b'{"train": "a_01"}', b'{"train": {"a_01": 1}}', b'{"train": ["caf\xe9"]}', b"null"],
)
def test_anything_else_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "splits.json"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"splits\.json: is not"):
        read_splits(path)


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=60))
def test_random_bytes_raise_nothing_but_a_corpus_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "splits.json"
    path.write_bytes(content)
    try:
        found = read_splits(path)
    except CorpusError as error:
        assert "splits.json" in str(error)  # noqa: PT017
    else:
        assert isinstance(found, dict)


def test_counts_say_what_can_be_used_and_what_there_is() -> None:
    found = [(UNASSIGNED, False), ("testA", True), ("val", False), ("train", True), ("train", False), ("val", False)]
    assert counts_by_split(iter(found)) == "train 1 of 2, val 0 of 2, testA 1 of 1, unassigned 0 of 1"
    assert counts_by_split([]) == ""
