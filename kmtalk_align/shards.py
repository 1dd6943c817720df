"""Shards: the portions of a corpus that one job works on, so that a model loads once for many utterances."""

from __future__ import annotations

import hashlib


def shard_of(utterance_id: str, shards: int) -> int:
    """The shard of an utterance: sha256(utterance_id) mod `shards`; it does not depend on the rest of the corpus."""
    return int(hashlib.sha256(utterance_id.encode()).hexdigest(), 16) % shards


def shard_name(index: int, shards: int) -> str:
    """`00003-of-00008`: the number of shards is in the name, so that two cuts of a corpus never mix."""
    return f"{index:05d}-of-{shards:05d}"


def shard_names(shards: int) -> list[str]:
    """The names of all shards, in order."""
    return [shard_name(index, shards) for index in range(shards)]
