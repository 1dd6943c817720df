"""Shards: the portions of a corpus that one job works on, so that a model loads once for many utterances."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

_OF_A_SHARD = re.compile(r"^\d{5}-of-(\d{5})(?:\.|$)")


def shard_of(utterance_id: str, shards: int) -> int:
    """The shard of an utterance: sha256(utterance_id) mod `shards`; it does not depend on the rest of the corpus."""
    return int(hashlib.sha256(utterance_id.encode()).hexdigest(), 16) % shards


def shard_name(index: int, shards: int) -> str:
    """`00003-of-00008`: the number of shards is in the name, so that two cuts of a corpus never mix."""
    return f"{index:05d}-of-{shards:05d}"


def shard_names(shards: int) -> list[str]:
    """The names of all shards, in order."""
    return [shard_name(index, shards) for index in range(shards)]


def remove_other_cuts(artefact: Path) -> None:
    """Delete what lies beside a shard's artefact and belongs to another number of shards: no row is there twice."""
    ours = _OF_A_SHARD.match(artefact.name)
    if ours is None or not artefact.parent.is_dir():
        return
    for path in artefact.parent.iterdir():
        theirs = _OF_A_SHARD.match(path.name)
        if theirs is None or theirs[1] == ours[1]:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
