"""The mesh of a folder corpus: faces, regions, and how they fit the templates."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError, MeshError
from kmtalk_align.mesh import mesh_faces

_MESH_FILES = ("mesh.npz", "*.ply", "*.obj", "templates/*.ply", "templates/*.obj")


def read_faces(root: Path, vertex_count: int) -> NDArray[np.int32] | None:
    """Faces (F, 3) of the corpus' mesh: `mesh.npz` (key `faces`), or a .ply or .obj in the root or `templates/`.

    None where there is no such file. Raises CorpusError where a face names a vertex that the templates lack.
    """
    found = [path for pattern in _MESH_FILES for path in sorted(root.glob(pattern)) if not path.name.startswith(".")]
    if not found:
        return None
    return read_faces_of(found[0], vertex_count)


def read_faces_of(path: Path, vertex_count: int) -> NDArray[np.int32]:
    """Faces (F, 3) of a mesh file: .npz with the key `faces`, .ply or .obj. Raises as `read_faces` does."""
    faces = _faces_of_npz(path) if path.suffix == ".npz" else _faces_of_mesh(path)
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.size == 0:
        raise CorpusError(f"its faces have shape {faces.shape}, not (F, 3)", where=path)
    if faces.dtype.kind not in "iu":
        raise CorpusError(f"its faces are {faces.dtype}, not whole numbers", where=path)
    for vertex in (faces.min(), faces.max()):
        if not 0 <= vertex < vertex_count:
            raise CorpusError(f"a face names vertex {vertex}, the templates have {vertex_count}", where=path)
    return faces.astype(np.int32)


def read_regions(root: Path, vertex_count: int) -> dict[str, list[int]]:
    """Vertex indices by region from `regions/<name>.txt` (numbers separated by commas or blanks).

    Raises CorpusError for text that is not a list of vertex indices.
    """
    return {path.stem: read_region(path, vertex_count) for path in sorted((root / "regions").glob("[!.]*.txt"))}


def read_region(path: Path, vertex_count: int) -> list[int]:
    """Vertex indices, sorted, from a text file of numbers separated by commas or blanks. Raises CorpusError."""
    try:
        words = re.split(r"[\s,]+", path.read_text(encoding="utf-8", errors="replace").strip())
        indices = sorted({int(word) for word in words if word})
    except OSError as error:
        raise CorpusError(f"cannot be read ({error.strerror or error})", where=path) from error
    except ValueError as error:
        raise CorpusError(f"is not a list of vertex indices ({error})", where=path) from error
    if not indices or indices[0] < 0 or indices[-1] >= vertex_count:
        raise CorpusError(f"names no vertices, or vertices beyond the template's {vertex_count}", where=path)
    return indices


def mesh_of(faces: NDArray[np.int32], **named: Any) -> bytes:
    """mesh.npz of faces (F, 3), and the arrays `named` beside them."""
    content = io.BytesIO()
    np.savez(content, faces=faces, **named)
    return content.getvalue()


def region_of(indices: Iterable[int]) -> bytes:
    """regions/<name>.txt of vertex indices."""
    return (", ".join(map(str, indices)) + "\n").encode()


def check_mouth_opening(pair: tuple[int, int] | None, vertex_count: int, where: str) -> None:
    """Raise CorpusError where the pair of inner-lip vertices is not of this mesh."""
    if pair is not None and not all(0 <= vertex < vertex_count for vertex in pair):
        raise CorpusError(f"mouth_opening names {list(pair)}, the templates have {vertex_count} vertices", where=where)


def _faces_of_npz(path: Path) -> NDArray[np.generic]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays["faces"])
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise CorpusError(f"holds no readable array `faces` ({error})", where=path) from error


def _faces_of_mesh(path: Path) -> NDArray[np.generic]:
    try:
        return mesh_faces(path)
    except MeshError as error:
        raise CorpusError(error.what, where=error.where, fix=error.fix) from error
