"""Motions of a folder corpus: a file each, or rows of a file that holds those of many."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmtalk_align import motion
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.motions import MotionRows, motion_digest, motion_of, read_motion_rows, write_motion_rows
from kmtalk_align.corpus import Motion
from kmtalk_align.errors import CorpusError

TEMPLATE = np.zeros((4, 3), np.float32)
TABLE = np.random.default_rng(0).standard_normal((300, 4, 3)).astype(np.float32)


def put(root: Path, table: np.ndarray = TABLE) -> Path:
    root.mkdir(exist_ok=True)
    np.save(root / "all.npy", table)
    return root


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 299), count=st.integers(1, 300), stride=st.integers(1, 5), flat=st.booleans())
def test_rows_are_read_as_slicing_has_them(tmp_path: Path, first: int, count: int, stride: int, flat: bool) -> None:
    rows = min(count, 300 - first)
    put(tmp_path, TABLE.reshape(300, 12) if flat else TABLE)
    found, frames = motion_of(tmp_path, MotionRows("all.npy", first, rows), TEMPLATE, stride)
    expected = TABLE[first : first + rows : stride]
    assert (found, frames) == (Motion("all.npy", first, rows, stride), len(expected))
    np.testing.assert_array_equal(motion.vertices(found, tmp_path, n_frames=frames), expected)


def test_a_folder_corpus_takes_rows_and_files_side_by_side(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01", "ann_02")
    stored = np.load(root / "vertices_npy" / "ann_02.npy")
    np.save(root / "all.npy", np.concatenate([np.full((7, 36), np.nan, np.float32), stored]))
    (root / "vertices_npy" / "ann_02.npy").unlink()
    write_motion_rows(root, {"ann_02": MotionRows("all.npy", 7, 10)})
    corpus = FolderCorpus(name="made_up", root=str(root)).open()
    assert [corpus.examine(one).motion for one in corpus.utterance_ids] == [
        Motion("vertices_npy/ann_01.npy", 0, 10, 1),
        Motion("all.npy", 7, 10, 1),
    ]


def test_an_id_with_a_file_and_rows_is_not_unique(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01")
    write_motion_rows(root, {"ann_01": MotionRows("all.npy", 0, 10)})
    found = FolderCorpus(name="made_up", root=str(root)).open().examine("ann_01")
    assert "the id is not unique: vertices_npy/ann_01.npy, 10 rows of all.npy" in found.message


def test_a_digest_is_of_the_rows_whatever_lies_beside_them(tmp_path: Path) -> None:
    rows = MotionRows("all.npy", 10, 200)
    before = motion_digest(put(tmp_path), rows)
    other = TABLE + 1
    other[10:210] = TABLE[10:210]
    assert motion_digest(put(tmp_path, other), rows) == before
    moved = MotionRows("all.npy", 13, 200)
    assert motion_digest(put(tmp_path, np.roll(TABLE, 3, axis=0)), moved) == before
    for row in (10, 137, 138, 209):  # portions have 128 rows
        changed = TABLE.copy()
        changed[row, 0, 0] += 1
        assert motion_digest(put(tmp_path, changed), rows) != before
    assert motion_digest(put(tmp_path, TABLE.astype(np.float64)), rows) != before


@pytest.mark.parametrize("row", [0, 127, 128, 199])
def test_a_frame_that_is_no_number_is_named_by_frame_and_row(tmp_path: Path, row: int) -> None:
    table = TABLE.copy()
    table[20 + row, 3, 2] = np.inf
    with pytest.raises(CorpusError, match=rf"all\.npy: frame {row} \(row {20 + row}\) holds NaN or infinite"):
        motion_of(put(tmp_path, table), MotionRows("all.npy", 20, 200), TEMPLATE, 1)
    motion_of(tmp_path, MotionRows("all.npy", 20 + row + 1, 10), TEMPLATE, 1)  # no other motion is harmed


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (MotionRows("all.npy", 290, 20), "has 300 rows; row 309 is asked for"),
        (MotionRows("all.npy", 300, 1), "has 300 rows; row 300 is asked for"),
        (MotionRows("all.npy", 0, 0), "has shape"),
        (MotionRows("none.npy", 0, 1), r"none\.npy: is not a readable array"),
    ],
)
def test_rows_that_are_not_there_are_an_error(tmp_path: Path, rows: MotionRows, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        motion_of(put(tmp_path), rows, TEMPLATE, 1)


def test_a_table_of_another_shape_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"has shape \(300, 5, 3\)"):
        motion_of(put(tmp_path, np.zeros((300, 5, 3))), MotionRows("all.npy", 0, 9), TEMPLATE, 1)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found = {"zoë_01": MotionRows("all.npy", 3, 4), "ann_01": MotionRows("deep/all.npy", 0, 1)}
    write_motion_rows(tmp_path, found)
    assert read_motion_rows(tmp_path) == found


@pytest.mark.parametrize(
    "content",
    [
        "{",
        [],
        {"a": 3},
        {"a": {"path": "all.npy"}},
        {"a": {"path": "all.npy", "first_row": 0, "rows": 1, "stride": 2}},
        {"a": {"path": "all.npy", "first_row": -1, "rows": 1}},
        {"a": {"path": "all.npy", "first_row": 0.5, "rows": 1}},
        {"a": {"path": "all.npy", "first_row": True, "rows": 1}},
        {"a": {"path": "all.npy", "first_row": 0, "rows": "1"}},
        {"a": {"path": "/etc/all.npy", "first_row": 0, "rows": 1}},
        {"a": {"path": "../all.npy", "first_row": 0, "rows": 1}},
        {"a": {"path": 3, "first_row": 0, "rows": 1}},
    ],
    ids=str,
)
def test_a_list_of_another_form_is_an_error_that_names_it(tmp_path: Path, content: Any) -> None:
    (tmp_path / "motion_rows.json").write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(CorpusError, match=r"motion_rows\.json"):
        read_motion_rows(tmp_path)
