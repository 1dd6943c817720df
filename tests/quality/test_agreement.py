"""quality/agreement.py: how two runs agree."""

from __future__ import annotations

from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.asr import recogniser_config
from kmtalk_align.blocks import hold_to_block
from kmtalk_align.quality.agreement import disagreements, key_frame_f1, matched_frames
from kmtalk_align.results import Results, Shard
from tests.made_results import shard

frames = st.lists(st.integers(0, 15), unique=True, max_size=6).map(sorted)


def most_matches(first: list[int], second: list[int], tolerance: int) -> int:
    """The same by trying every way to match."""
    for size in range(min(len(first), len(second)), 0, -1):
        for ours in combinations(first, size):
            for theirs in permutations(second, size):
                if all(abs(a - b) <= tolerance for a, b in zip(ours, theirs, strict=True)):
                    return size
    return 0


@given(frames, frames, st.integers(0, 3))
def test_matches_are_as_many_as_any_way_of_matching_gives(first: list[int], second: list[int], tolerance: int) -> None:
    found = matched_frames(first, second, tolerance)
    assert found == most_matches(first, second, tolerance)
    assert found == matched_frames(second, first, tolerance)


@given(frames)
def test_f1_of_a_set_with_itself_or_shifted_by_one_is_one(some: list[int]) -> None:
    assert key_frame_f1(some, some, 0) == 1.0
    assert key_frame_f1(some, [frame + 1 for frame in some]) == 1.0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([], [], 1.0), ([], [3], 0.0), ([0, 10], [0, 12], 0.5), ([5], [4, 6], 2 / 3), ([1, 2], [3, 9], 0.5)],
)
def test_f1_counts_each_frame_once(first: list[int], second: list[int], expected: float) -> None:
    assert key_frame_f1(first, second) == pytest.approx(expected)


def rows(results: Path) -> list[dict[str, Any]]:
    opened = Results.open(results)
    return [row for name in opened.shards for row in disagreements(Shard(opened, name), opened.runs())]


def test_each_pair_is_compared_once_and_given_transcripts_come_first(tmp_path: Path) -> None:
    for run in ("a.x.p", "a.x.u", "b.x.p"):
        shard(tmp_path, "0", "clip", run=run)
    hold_to_block(tmp_path / "transcripts" / "b", recogniser_config({"backend": "reference"}))
    found = [(row["level"], row["first"], row["second"]) for row in rows(tmp_path)]
    assert found == [
        ("transcripts", "b", "a"),
        ("words", "b.x", "a.x"),
        ("phones", "b.x", "a.x"),
        ("key frames", "b.x.p", "a.x.p"),
        ("key frames", "b.x.p", "a.x.u"),
        ("key frames", "a.x.p", "a.x.u"),
    ]


def test_boundaries_are_compared_where_words_and_their_phones_agree(tmp_path: Path) -> None:
    # "the" and "cat" agree; the middle word does not, and "cat" has another vowel.
    words = [(0.0, 0.2, "the"), (0.2, 0.4, "big"), (0.4, 0.7, "cat")]
    others = [(0.05, 0.2, "The"), (0.2, 0.5, "pig"), (0.5, 0.8, "cat")]
    phones = [(0.0, 0.1, "DH"), (0.1, 0.2, "AH0"), (0.2, 0.4, "B"), (0.4, 0.5, "K"), (0.5, 0.6, "AE1"), (0.6, 0.7, "T")]
    more = [(0.05, 0.1, "DH"), (0.1, 0.2, "AH1"), (0.2, 0.5, "B"), (0.5, 0.6, "K"), (0.6, 0.7, "EH1"), (0.7, 0.8, "T")]
    shard(tmp_path, "0", "clip", run="a.x.p", words=words, phones=phones)
    shard(tmp_path, "0", "clip", run="b.x.p", words=others, phones=more)
    found = {row["level"]: row for row in rows(tmp_path)}
    assert found["words"]["start_differences_s"] == pytest.approx([0.05, 0.1])
    assert found["words"]["end_differences_s"] == pytest.approx([0.0, 0.1])
    assert found["phones"]["start_differences_s"] == pytest.approx([0.05, 0.0, 0.1, 0.1])
    assert (found["phones"]["first_count"], found["phones"]["matched"]) == (6, 4)


def test_word_errors_are_counted_from_the_first(tmp_path: Path) -> None:
    shard(tmp_path, "0", "clip", run="a.x.p", heard="one two three")
    shard(tmp_path, "0", "clip", run="b.x.p", heard="one too three four")
    (row,) = [row for row in rows(tmp_path) if row["level"] == "transcripts"]
    assert (row["word_errors"], row["first_count"], row["second_count"]) == (2, 3, 4)


def test_a_clip_that_one_side_lacks_is_a_row_that_names_it(tmp_path: Path) -> None:
    shard(tmp_path, "0", "clip", run="a.x.p")
    shard(tmp_path, "0", "clip", run="b.x.p", status="failed", message="silent", source=None, key_frames=(), heard="")
    found = {row["level"]: row for row in rows(tmp_path)}
    assert {row["status"] for row in found.values()} == {"failed"}
    assert found["transcripts"]["message"] == "no transcript by b"
    assert found["words"]["message"] == "no alignment by b.x"
    assert "b.x.p" in found["key frames"]["message"]


def test_a_fallback_is_not_compared(tmp_path: Path) -> None:
    shard(tmp_path, "0", "clip", run="a.x.p", source="fallback", message="the words do not fit")
    shard(tmp_path, "0", "clip", run="a.x.u", source="fallback", message="the words do not fit")
    (row,) = [row for row in rows(tmp_path) if row["level"] == "key frames"]
    assert row["f1"] is row["exact_f1"] is None


def test_key_frames_shifted_by_one_agree_within_one_frame_and_not_exactly(tmp_path: Path) -> None:
    shard(tmp_path, "0", "clip", run="a.x.p", key_frames=(0, 4, 9))
    shard(tmp_path, "0", "clip", run="a.x.q", key_frames=(0, 5, 9))
    (row,) = [row for row in rows(tmp_path) if row["level"] == "key frames"]
    assert row["f1"] == 1.0
    assert row["exact_f1"] == pytest.approx(2 / 3)


def test_a_run_without_this_shard_is_left_out(tmp_path: Path) -> None:
    shard(tmp_path, "0", "clip", run="a.x.p")
    shard(tmp_path, "0", "clip", run="b.x.p")
    (tmp_path / "keyframes" / "b.x.p" / "0.parquet").unlink()
    assert rows(tmp_path) == []
