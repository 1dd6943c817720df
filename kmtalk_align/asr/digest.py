"""The SHA-256 of large files, each read once."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    status = path.stat()
    return _sha256_of(path, (status.st_size, status.st_mtime_ns))


def identity_of(path: Path) -> str:
    """What says which weights a file holds, wherever it lies: the beginning of its SHA-256."""
    return f"sha256:{sha256(path)[:16]}"


@cache
def _sha256_of(path: Path, _state: tuple[int, int]) -> str:
    """The digest of a file in a certain state, its size and time: it is read once for each."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
