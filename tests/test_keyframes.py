"""keyframes.py: alignments -> key frame indices."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Interval
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, KMTalkError
from kmtalk_align.keyframes import key_frames, write_key_frames
from kmtalk_align.selectors import PhonemeSelector, RandomSelector, Selector, UniformSelector
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES

PHONES = [Interval(0.0, 0.1, ""), Interval(0.1, 0.2, "HH"), Interval(0.2, 0.4, "AH0"), Interval(0.4, 1.0, "sil")]
selectors = st.one_of(
    st.builds(PhonemeSelector, offset=st.integers(-5, 5), anchor_ends=st.booleans()),
    st.builds(
        UniformSelector,
        rate=st.floats(0, 1) | st.just("matched"),
        offset=st.integers(-5, 5),
        anchor_ends=st.booleans(),
    ),
    st.builds(
        RandomSelector,
        rate=st.floats(0, 1) | st.just("matched"),
        seed=st.integers(0, 9),
        offset=st.integers(-5, 5),
        anchor_ends=st.booleans(),
    ),
)


def corpus_row(utterance_id: str, **changes: Any) -> dict[str, Any]:
    whole = {"n_frames": 10, "fps": 10.0, "duration_s": 1.0} | changes
    return dataclasses.asdict(Utterance(utterance_id, "s1", "train", "wav/a.wav", **whole))


def phone_row(utterance_id: str, phone: Interval, tier: str = "phones") -> dict[str, Any]:
    times = {"start_s": phone.start_s, "end_s": phone.end_s, "label": phone.label, "score": None}
    return {"utterance_id": utterance_id, "tier": tier, "phone_set": None, "status": "ok", "message": ""} | times


def failed_row(utterance_id: str, message: str) -> dict[str, Any]:
    blank = dict.fromkeys(ALIGNMENTS.columns)
    return blank | {"utterance_id": utterance_id, "status": "failed", "message": message}


def key_rows(
    folder: Path, corpus: list[dict[str, Any]], aligned: list[dict[str, Any]], selector: Selector
) -> list[dict[str, Any]]:
    CORPUS.write(folder / "corpus.parquet", corpus)
    ALIGNMENTS.write(folder / "alignments.parquet", aligned)
    write_key_frames(folder / "corpus.parquet", folder / "alignments.parquet", selector, folder / "keys.parquet")
    return KEY_FRAMES.read(folder / "keys.parquet")


@given(selectors, st.integers(1, 100), st.floats(1, 120), st.none() | st.just(PHONES))
def test_any_selector_gives_sorted_unique_indices_in_range(
    selector: Selector, n_frames: int, fps: float, phones: list[Interval] | None
) -> None:
    found = key_frames(selector, "id", n_frames, fps, phones)
    assert list(found.indices) == sorted(set(found.indices))
    assert all(0 <= index < n_frames for index in found.indices)
    assert not selector.anchor_ends or {0, n_frames - 1} <= set(found.indices)


def test_the_ratio_is_the_share_of_key_frames() -> None:
    assert key_frames(UniformSelector(rate=0.5, anchor_ends=False), "id", 10, 25.0, None).ratio == 0.5


def test_phone_boundaries_become_key_frames(tmp_path: Path) -> None:
    aligned = [phone_row("a", Interval(0.5, 0.9, "hello"), "words"), *(phone_row("a", phone) for phone in PHONES)]
    rows = key_rows(tmp_path, [corpus_row("a")], aligned, PhonemeSelector())
    assert rows == [
        {
            "utterance_id": "a",
            "fps": 10.0,
            "n_frames": 10,
            "key_frames": [0, 1, 2, 4, 9],
            "source": "phoneme",
            "status": "ok",
            "message": "",
        }
    ]


def test_without_anchored_ends_only_the_phones_count(tmp_path: Path) -> None:
    aligned = [phone_row("a", phone) for phone in PHONES]
    rows = key_rows(tmp_path, [corpus_row("a")], aligned, PhonemeSelector(anchor_ends=False))
    assert rows[0]["key_frames"] == [1, 2, 4]


def test_where_aligning_failed_the_frames_are_a_fallback_that_says_why(tmp_path: Path) -> None:
    rows = key_rows(tmp_path, [corpus_row("a")], [failed_row("a", "the words do not fit")], PhonemeSelector())
    assert rows[0]["source"] == "fallback"
    assert rows[0]["status"] == "ok"
    assert rows[0]["message"] == "the words do not fit"
    assert rows[0]["key_frames"][0] == 0


def test_a_failed_row_of_the_corpus_stays_a_failed_row_with_its_message(tmp_path: Path) -> None:
    corpus = [
        corpus_row("a"),
        corpus_row("b", status="failed", message="the recording is cut off", n_frames=0, fps=0.0),
    ]
    aligned = [*(phone_row("a", phone) for phone in PHONES), failed_row("b", "the recording is cut off")]
    rows = key_rows(tmp_path, corpus, aligned, PhonemeSelector())
    assert rows[1]["status"] == "failed"
    assert rows[1]["message"] == "the recording is cut off"
    assert (rows[1]["key_frames"], rows[1]["source"]) == ([], None)


def test_rows_come_in_the_order_of_the_corpus(tmp_path: Path) -> None:
    corpus = [corpus_row(name) for name in "cab"]
    aligned = [phone_row(name, phone) for name in "abc" for phone in PHONES]
    assert [row["utterance_id"] for row in key_rows(tmp_path, corpus, aligned, PhonemeSelector())] == ["c", "a", "b"]


def test_each_utterance_takes_its_own_phones(tmp_path: Path) -> None:
    aligned = [phone_row("a", Interval(0.1, 0.3, "AH")), phone_row("b", Interval(0.5, 0.7, "AH"))]
    rows = key_rows(tmp_path, [corpus_row("a"), corpus_row("b")], aligned, PhonemeSelector(anchor_ends=False))
    assert [row["key_frames"] for row in rows] == [[1, 3], [5, 7]]


def test_an_empty_shard_is_legal(tmp_path: Path) -> None:
    assert key_rows(tmp_path, [], [], PhonemeSelector()) == []


def test_a_table_of_another_kind_is_refused(tmp_path: Path) -> None:
    CORPUS.write(tmp_path / "corpus.parquet", [corpus_row("a")])
    with pytest.raises(ArtefactError, match="is not a table of alignments"):
        write_key_frames(
            tmp_path / "corpus.parquet", tmp_path / "corpus.parquet", PhonemeSelector(), tmp_path / "k.parquet"
        )


def test_where_every_utterance_fails_the_stage_fails_and_writes_nothing(tmp_path: Path) -> None:
    class Broken(PhonemeSelector):
        def choose(self, *_: object) -> Any:
            raise ValueError("no luck")

    with pytest.raises(KMTalkError, match="no luck"):
        key_rows(tmp_path, [corpus_row("a")], [failed_row("a", "x")], Broken())
    assert not (tmp_path / "keys.parquet").exists()
