"""shards.py: which shard an utterance is of."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.shards import remove_other_cuts, shard_name, shard_names, shard_of


@given(st.text(), st.integers(1, 10_000))
def test_the_shard_is_sha256_of_the_id_modulo_the_shards(utterance_id: str, shards: int) -> None:
    remainder = 0
    for byte in hashlib.sha256(utterance_id.encode("utf-8")).digest():
        remainder = (remainder * 256 + byte) % shards
    assert shard_of(utterance_id, shards) == remainder


def test_one_shard_takes_every_utterance() -> None:
    assert {shard_of(f"s{number}", 1) for number in range(50)} == {0}


def test_utterances_spread_over_all_shards() -> None:
    assert {shard_of(f"s{number}", 8) for number in range(200)} == set(range(8))


def test_the_name_of_a_shard_tells_the_number_of_shards() -> None:
    assert shard_name(3, 8) == "00003-of-00008"


def test_shard_names_are_in_order_and_complete() -> None:
    assert shard_names(3) == ["00000-of-00003", "00001-of-00003", "00002-of-00003"]


@given(st.integers(1, 12_000))
@settings(max_examples=20)
def test_names_sort_as_their_numbers_do(shards: int) -> None:
    names = shard_names(shards)
    assert sorted(set(names)) == names


def test_artefacts_of_another_number_of_shards_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    for name in (
        "00000-of-00003.parquet",
        "00001-of-00003.status.parquet",
        "00000-of-00002.parquet",
        "notes-of-me.txt",
    ):
        (tmp_path / name).touch()
    (tmp_path / "00002-of-00003").mkdir()
    remove_other_cuts(tmp_path / "00001-of-00002.parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"00000-of-00002.parquet", "notes-of-me.txt"}
