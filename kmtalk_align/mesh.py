"""Mesh files: the vertices and faces of a .ply or .obj."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import MeshError


def mesh_vertices(path: Path) -> NDArray[np.float32]:
    """Vertices (V, 3) in the order of the file, those of no face included. Raises MeshError."""
    found = _obj_vertices(path) if path.suffix.lower() == ".obj" else np.asarray(_parts(path)[0].vertices)
    if found.ndim != 2 or found.shape[1] != 3 or found.size == 0:
        raise MeshError("holds no vertices", where=path)
    return found.astype(np.float32)


def mesh_faces(path: Path) -> NDArray[np.generic]:
    """Faces (F, 3), (0, 3) where there are none. Raises MeshError where it is unreadable or holds several meshes."""
    parts = [part for part in _parts(path) if hasattr(part, "faces")]  # a file without faces is a cloud of points
    if len({len(part.vertices) for part in parts}) > 1:
        raise MeshError("holds several meshes", where=path, fix="keep the face alone")
    return np.concatenate([np.zeros((0, 3), np.int32), *(np.asarray(part.faces) for part in parts)])


def _parts(path: Path) -> list[Any]:
    import trimesh

    try:
        mesh = trimesh.load(path, process=False, maintain_order=True)
    except Exception as error:  # trimesh raises nearly anything for a malformed mesh
        raise MeshError(f"is not a readable mesh ({type(error).__name__}: {error})", where=path) from error
    # An .obj with several materials is a scene, whose parts all have the whole list of vertices.
    return [part for part in getattr(mesh, "geometry", {"": mesh}).values() if hasattr(part, "vertices")]


def _obj_vertices(path: Path) -> NDArray[np.float64]:
    """The `v` lines of an .obj. (trimesh drops vertices of no face where the mesh is textured.)"""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [[float(one) for one in line.split()[1:4]] for line in lines if line.startswith(("v ", "v\t"))]
        return np.array(found, dtype=np.float64)
    except (OSError, ValueError) as error:
        raise MeshError(f"is not a readable mesh ({error})", where=path) from error
