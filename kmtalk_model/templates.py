"""The template that an animation moves: a subject's, the mean of all, or the face of a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError, MeshError
from kmtalk_align.mesh import mesh_vertices
from kmtalk_model.run_folder import RunFolder

# A face whose size differs by more is in another unit, in which the run's motion would be invisible or wild.
_SIZES = 5.0
_MESHES = (".ply", ".obj")


def choose_template(
    run: RunFolder, template: Path | NDArray[np.floating] | None = None, subject: str | None = None
) -> NDArray[np.float32]:
    """Vertices (V, 3): of a .ply, .obj or .npy file, an array, or a subject of the run; else the mean of its subjects.

    Raises ConfigError for an unknown subject, and for a face of another topology or unit.
    """
    if template is not None and subject is not None:
        raise ConfigError("a template and a subject exclude each other", fix="give one of the two")
    if template is not None:
        if isinstance(template, Path):
            return _checked(_read(template), str(template), run)
        return _checked(template, "template", run)
    if subject is not None:
        if subject not in run.templates:
            raise ConfigError(
                f"the run has no subject {subject!r}",
                where=run.folder,
                fix=f"choose from: {', '.join(sorted(run.templates))}",
            )
        found: NDArray[np.float32] = run.templates[subject]
        return found
    return _mean(run)


def _mean(run: RunFolder) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.stack([*run.templates.values()]).mean(axis=0, dtype=np.float64).astype(np.float32)
    return found


def _read(path: Path) -> NDArray[np.floating]:
    suffix = path.suffix.lower()
    if suffix in _MESHES:
        return mesh_vertices(path)
    if suffix != ".npy":
        raise ConfigError(
            "is no mesh file that is read here", where=path, fix=f"give a {', '.join(_MESHES)} or .npy file"
        )
    try:
        found = np.load(path, allow_pickle=False)
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise MeshError(f"is no readable array ({type(error).__name__}: {error})", where=path) from error
    rows = (found.ndim == 2 and found.shape[1] == 3) or (found.ndim == 1 and found.size % 3 == 0)
    if found.dtype.kind not in "fiu" or not rows or not found.size:
        raise MeshError(f"is an array of {found.dtype}, shape {found.shape}, not (V, 3)", where=path)
    return np.asarray(found.reshape(-1, 3), np.float64)


def _checked(given: NDArray[np.floating], where: str, run: RunFolder) -> NDArray[np.float32]:
    vertices = np.asarray(given, np.float32)
    count = run.run.face.vertex_count
    if vertices.shape != (count, 3):
        raise ConfigError(
            f"has {len(vertices):,} vertices, and the run's faces have {count:,}",
            where=where,
            fix="give a face in the topology that the run was trained on",
        )
    if not np.isfinite(vertices).all():
        raise ConfigError("holds NaN or infinite vertices", where=where)
    size, usual = _size(vertices), _size(_mean(run))
    if not usual / _SIZES <= size <= usual * _SIZES:
        raise ConfigError(
            f"is {size:.3g} across, and the run's faces are {usual:.3g} {run.run.face.unit} across",
            where=where,
            fix="scale it to the run's unit",
        )
    return vertices


def _size(vertices: NDArray[np.float32]) -> float:
    """The diagonal of the box around a face."""
    return float(np.linalg.norm(np.ptp(vertices, axis=0)))
