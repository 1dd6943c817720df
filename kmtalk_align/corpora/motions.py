"""The motions of a folder corpus: a file each, or rows of a file that holds those of many utterances.

vertices_npy/<id>.npy       (T, V * 3) or (T, V, 3)
motion_rows.json            {id: {"path": "all.npy", "first_row": 0, "rows": 120}}, the path below the corpus' root
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.listing import by_stem
from kmtalk_align.corpus import Motion
from kmtalk_align.errors import CorpusError
from kmtalk_align.files import write_bytes

ROWS_FILE = "motion_rows.json"
# So few that a portion of VOCASET, float64, is 15 MB: what is mapped counts as memory while it is held.
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class MotionRows:
    """Rows of a file below the corpus' root that holds the motions of several utterances."""

    path: str
    first_row: int
    rows: int

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.path}"


def write_motion_rows(root: Path, found: Mapping[str, MotionRows]) -> None:
    """Write `motion_rows.json` into a folder corpus."""
    content = {one: asdict(rows) for one, rows in sorted(found.items())}
    write_bytes(root / ROWS_FILE, (json.dumps(content, ensure_ascii=False) + "\n").encode())


def read_motion_rows(root: Path) -> dict[str, MotionRows]:
    """Rows by utterance id from `motion_rows.json`; {} where there is none. Raises CorpusError where malformed."""
    path = root / ROWS_FILE
    if not path.is_file():
        return {}
    try:
        found = {one: MotionRows(**rows) for one, rows in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise CorpusError(
            f"is not of the form {{id: {{path, first_row, rows}}}} ({error})", where=path, fix="convert again"
        ) from error
    for one, rows in found.items():
        # A bool is an int to Python; below zero a row would count from the end.
        if type(rows.first_row) is not int or type(rows.rows) is not int or min(rows.first_row, rows.rows) < 0:
            raise CorpusError(f"{one}: first_row and rows are not whole numbers from 0 on", where=path)
        if type(rows.path) is not str or Path(rows.path).is_absolute() or ".." in Path(rows.path).parts:
            raise CorpusError(f"{one}: its path does not lie below the corpus' root", where=path)
    return found


def list_motions(root: Path) -> dict[str, list[str | MotionRows]] | None:
    """Every motion by utterance id, None in an audio corpus; several where files share a stem. Raises CorpusError."""
    if not (root / "vertices_npy").is_dir() and not (root / ROWS_FILE).is_file():
        return None
    found: dict[str, list[str | MotionRows]] = {}
    for one, names in by_stem(root / "vertices_npy", (".npy",)).items():
        found[one] = [f"vertices_npy/{name}" for name in names]
    for one, rows in read_motion_rows(root).items():
        found.setdefault(one, []).append(rows)
    return found


def motion_of(root: Path, stored: str | MotionRows, template: NDArray[np.float32], stride: int) -> tuple[Motion, int]:
    """Where a motion lies, and its number of frames after the stride.

    stored: a file below the root, or rows of one; template: (V, 3). Raises CorpusError where it is missing, of another
    shape than the template's, or holds anything but finite numbers. Only its own rows are read.
    """
    path = stored if isinstance(stored, str) else stored.path
    vertices = mapped(root / path)
    first, rows = (0, len(vertices)) if isinstance(stored, str) else (stored.first_row, stored.rows)
    if vertices.dtype.kind != "f" or rows < 1 or vertices.shape[1:] not in ((template.size,), template.shape):
        raise CorpusError(
            f"has shape {vertices.shape} of {vertices.dtype}; its template has {len(template)} vertices, "
            f"so (T, {template.size}) or (T, {len(template)}, 3) is expected",
            where=root / path,
        )
    if first + rows > len(vertices):
        raise CorpusError(f"has {len(vertices)} rows; row {first + rows - 1} is asked for", where=root / path)
    for start, portion in _portions(vertices[first : first + rows]):
        finite = np.isfinite(portion).reshape(-1, template.size).all(axis=1)
        if not finite.all():
            frame = start + int(np.argmin(finite))
            place = "" if isinstance(stored, str) else f" (row {first + frame})"
            raise CorpusError(f"frame {frame}{place} holds NaN or infinite vertices", where=root / path)
    return Motion(path, first, rows, stride), math.ceil(rows / stride)


def motion_digest(root: Path, stored: str | MotionRows) -> bytes:
    """SHA-256 of a motion's file, or of its rows alone where the file holds others too."""
    if isinstance(stored, str):
        with (root / stored).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    vertices = mapped(root / stored.path)
    total = hashlib.sha256(f"{vertices.dtype.str} {vertices.shape[1:]}".encode())
    for _, portion in _portions(vertices[stored.first_row : stored.first_row + stored.rows]):
        total.update(np.ascontiguousarray(portion).data)
    return total.digest()


def mapped(path: Path) -> NDArray[np.generic]:
    """The array of a .npy file, mapped into memory; at least one axis. Raises CorpusError where it can't be read."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise CorpusError(f"is not a readable array ({type(error).__name__}: {error})", where=path) from error
    if not isinstance(found, np.ndarray):
        raise CorpusError("is an archive, not one array", where=path)
    return np.atleast_1d(found)


def _portions(vertices: NDArray[np.generic]) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """The first row and the rows of each portion."""
    return ((first, vertices[first : first + _ROWS_AT_ONCE]) for first in range(0, len(vertices), _ROWS_AT_ONCE))
