"""tables.py: the tables of results/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from kmtalk_align.errors import ArtefactError
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TEXTGRID_STATUS, TRANSCRIPTS, Table

ROWS: dict[str, dict[str, Any]] = {
    "corpus": {
        "utterance_id": "s1/a b.ž",
        "subject": "s1",
        "split": "train",
        "audio_path": "wav/a.wav",
        "motion": {"path": "a.npy", "first_row": 0, "rows": 50, "stride": 2},
        "n_frames": 25,
        "fps": 29.97,
        "duration_s": 1.0,
        "sample_rate": 16_000,
        "transcript": None,
        "language": "en",
        "digest": "d",
        "status": "ok",
        "message": "",
    },
    "transcripts": {
        "utterance_id": "a",
        "text": "It’s 3 o'clock",
        "words": ["it's", "three", "o'clock"],
        "language": "en",
        "status": "ok",
        "message": "",
        "model": "m",
    },
    "textgrid status": {"utterance_id": "a", "unknown_words": [], "score": None, "status": "failed", "message": "no"},
    "alignments": {
        "utterance_id": "a",
        "tier": "phones",
        "start_s": 0.1,
        "end_s": 0.30000000000000004,
        "label": "ɑː",
        "score": -7.125,
        "phone_set": "other",
        "status": "ok",
        "message": "",
    },
    "key frames": {
        "utterance_id": "a",
        "fps": 25.0,
        "n_frames": 9,
        "key_frames": [0, 3, 8],
        "source": "phoneme",
        "status": "ok",
        "message": "",
    },
}
TABLES = [CORPUS, TRANSCRIPTS, TEXTGRID_STATUS, ALIGNMENTS, KEY_FRAMES]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_rows_come_back_as_they_were_written(table: Table, tmp_path: Path) -> None:
    row = ROWS[table.name]
    table.write(tmp_path / "t.parquet", [row, row | {"message": "again"}])
    assert table.read(tmp_path / "t.parquet") == [row, row | {"message": "again"}]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_an_empty_table_is_legal(table: Table, tmp_path: Path) -> None:
    table.write(tmp_path / "t.parquet", [])
    assert table.read(tmp_path / "t.parquet") == []


def test_a_corpus_row_without_motion_stays_without(tmp_path: Path) -> None:
    CORPUS.write(tmp_path / "t.parquet", [ROWS["corpus"] | {"motion": None}])
    assert CORPUS.read(tmp_path / "t.parquet")[0]["motion"] is None


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        ALIGNMENTS.write(tmp_path / name / "t.parquet", [ROWS["alignments"]] * 3)
    assert (tmp_path / "a" / "t.parquet").read_bytes() == (tmp_path / "b" / "t.parquet").read_bytes()


def test_an_unchanged_table_is_left_untouched_on_request(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    KEY_FRAMES.write(path, [ROWS["key frames"]])
    before = path.stat().st_ino
    KEY_FRAMES.write(path, [ROWS["key frames"]], only_if_changed=True)
    assert path.stat().st_ino == before
    KEY_FRAMES.write(path, [ROWS["key frames"] | {"n_frames": 10}], only_if_changed=True)
    assert KEY_FRAMES.read(path)[0]["n_frames"] == 10


@pytest.mark.parametrize("column", ["status", "utterance_id"])
def test_a_null_where_none_may_be_leaves_the_old_table(column: str, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    KEY_FRAMES.write(path, [ROWS["key frames"]])
    with pytest.raises(pyarrow.ArrowException):
        KEY_FRAMES.write(path, [ROWS["key frames"] | {column: None}])
    assert KEY_FRAMES.read(path) == [ROWS["key frames"]]
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_table_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError) as caught:
        TRANSCRIPTS.read(tmp_path / "none.parquet")
    assert str(tmp_path / "none.parquet") in str(caught.value)
    assert "transcripts" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all, but long enough to hold a footer"])
def test_a_file_that_is_no_parquet_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"t\.parquet"):
        CORPUS.read(tmp_path / "t.parquet")


def test_a_table_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    CORPUS.write(path, [ROWS["corpus"]])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtefactError):
        CORPUS.read(path)


@pytest.mark.parametrize("other", TABLES, ids=lambda table: table.name)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_of_another_kind_is_refused(table: Table, other: Table, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    other.write(path, [ROWS[other.name]])
    if table is other:
        assert len(table.read(path)) == 1
    else:
        with pytest.raises(ArtefactError, match=f"is not a table of {table.name}"):
            table.read(path)


def test_the_columns_that_a_table_lacks_are_named(tmp_path: Path) -> None:
    TEXTGRID_STATUS.write(tmp_path / "t.parquet", [ROWS["textgrid status"]])
    with pytest.raises(ArtefactError, match="it lacks fps, key_frames, n_frames, source"):
        KEY_FRAMES.read(tmp_path / "t.parquet")


def test_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    rows = [ROWS["key frames"] | {"n_frames": "nine"}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "t.parquet")
    with pytest.raises(ArtefactError, match="is not a table of key frames"):
        KEY_FRAMES.read(tmp_path / "t.parquet")
