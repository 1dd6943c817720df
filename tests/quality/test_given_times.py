"""quality/given_times.py: aligned against given times."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.errors import CorpusError
from kmtalk_align.quality.given_times import compare_with_given, read_given
from kmtalk_align.results import Results, Shard
from tests.made_results import shard

WORDS = [(0.1, 0.3, "the"), (0.3, 0.6, "cat")]
PHONES = [(0.1, 0.2, "DH"), (0.2, 0.3, "AH"), (0.3, 0.6, "K"), (0.6, 1.0, "SIL")]


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def rows(results: Path, root: Path) -> list[dict[str, Any]]:
    opened = Results.open(results)
    return [row for name in opened.shards for row in compare_with_given(Shard(opened, name), ["asr.aligner"], root)]


def test_silence_is_no_word(tmp_path: Path) -> None:
    path = put(tmp_path / "words" / "a.csv", "start_s,end_s,word\n0,0.5,sil\n0.5,1,now\n1,1.2,sp\n1.2,1.3,pau\n")
    assert [(one.start_s, one.end_s, one.label) for one in read_given(path, "word")] == [(0.5, 1.0, "now")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the column start_s, end_s, word"),
        ("start_s,end_s,phone\n0,1,a\n", "lacks the column word"),
        ("start_s,end_s,word\n0,one,now\n", "line 2: has no times"),
        ("start_s,end_s,word\n0\n", "line 2: has no times"),
        ("start_s,end_s,word\n0,1\n", "line 2: is no stretch of time"),
        ("start_s,end_s,word\n0,1,a\n2,1,now\n", "line 3: is no stretch of time"),
        ("start_s,end_s,word\n0,nan,now\n", "line 2: is no stretch of time"),
        ("start_s,end_s,word\n-1,1,now\n", "line 2: is no stretch of time"),
        ("start_s,end_s,word\n1,2,a\n0,1,b\n", "line 3: begins before the line above"),
    ],
)
def test_a_malformed_file_is_an_error_that_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = put(tmp_path / "words" / "a.csv", text)
    with pytest.raises(CorpusError, match=f"words/a.csv.*{message}"):
        read_given(path, "word")


@given(st.binary(max_size=60))
@settings(max_examples=200)
def test_any_bytes_are_intervals_or_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("words") / "a.csv"
    path.write_bytes(b"start_s,end_s,word\n" + content)
    try:
        found = read_given(path, "word")
    except CorpusError:
        return
    assert all(0 <= one.start_s <= one.end_s for one in found)


def test_words_and_phones_that_agree_are_compared(tmp_path: Path) -> None:
    shard(tmp_path / "results", "0", "a", words=WORDS, phones=PHONES)
    put(tmp_path / "words" / "a.csv", "start_s,end_s,word\n0.12,0.3,the\n0.3,0.4,fat\n0.4,0.55,cat\n")
    put(tmp_path / "phones" / "a.csv", "start_s,end_s,phone\n0.0,0.1,pau\n0.1,0.2,dh\n0.25,0.3,ax\n0.3,0.6,g\n")
    words, phones = rows(tmp_path / "results", tmp_path)
    assert (words["tier"], words["given"], words["matched"]) == ("words", 3, 2)
    assert words["start_differences_s"] == pytest.approx([-0.02, -0.1])
    assert words["end_differences_s"] == pytest.approx([0.0, 0.05])
    assert (phones["tier"], phones["given"], phones["matched"]) == ("phones", 3, 2)
    assert phones["start_differences_s"] == pytest.approx([0.0, -0.05])


def test_a_malformed_file_and_a_clip_without_alignment_are_failed_rows(tmp_path: Path) -> None:
    results = tmp_path / "results"
    shard(results, "0", "a")
    shard(results, "1", "b", source="fallback", message="the words do not fit")
    shard(results, "2", "c")
    put(tmp_path / "words" / "a.csv", "start_s,end_s,word\n0,x,now\n")
    put(tmp_path / "words" / "b.csv", "start_s,end_s,word\n0,1,now\n")
    found = {row["utterance_id"]: (row["status"], row["message"]) for row in rows(results, tmp_path)}
    assert found["b"] == ("failed", "was not aligned")
    assert found["a"][0] == "failed"
    assert "words/a.csv, line 2" in found["a"][1]
    assert str(tmp_path) not in found["a"][1]
    assert "c" not in found


def test_the_times_of_the_demo_are_read(demo_root: Path, tmp_path: Path) -> None:
    for label in ("word", "phone"):
        for path in sorted((demo_root / f"{label}s").glob("*.csv")):
            shutil.copy(path, tmp_path)
            assert len(read_given(path, label)) >= 5
