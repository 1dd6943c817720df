"""A basis of ARKit shapes on some mesh, as the user gives it: an .npz, or a folder of meshes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError, KMTalkError, MeshError
from kmtalk_align.mesh import mesh_vertices
from kmtalk_model.export.arkit import arkit_name, arkit_name_of_half

_log = logging.getLogger(__name__)
_MESHES = (".obj", ".ply")
_NEUTRAL = "neutral"
# Of shapes and of their names in an .npz, in the order in which they are looked for.
_SHAPES, _NAMES, _STEP = ("shapes", "bs"), ("shape_names", "bs_names"), "shape_step"
# Two heads of one unit differ less in size; other units differ by a power of ten.
_SIZES = 2.5
_POWERS = range(-4, 5)
_FURTHEST = 1e15


@dataclass(frozen=True)
class Basis:
    """Shapes on a mesh: neutral (V, 3), what each adds to it at weight 1, (V, 3) by ARKit's name, and its file."""

    neutral: NDArray[np.float64]
    shapes: dict[str, NDArray[np.float64]]
    path: Path

    def scaled_to(self, template: NDArray[np.floating]) -> Basis:
        """The basis in the unit of a template (V, 3) of its topology.

        Units that differ by a power of ten are told by the size of the faces, and said. Raises ConfigError for another
        number of vertices, or a size that no such unit explains.
        """
        if len(template) != len(self.neutral):
            raise ConfigError(
                f"the basis has {len(self.neutral):,} vertices, the animation {len(template):,}",
                where=self.path,
                fix="give a basis on the animation's own mesh",
            )
        own = _size(self.neutral)
        ratio = _size(template) / own if own else np.inf
        factor = next((10.0**power for power in _POWERS if 1 / _SIZES < ratio / 10.0**power < _SIZES), None)
        if factor is None:
            raise ConfigError(
                f"its face is {_size(self.neutral):.3g} across, the animation's {_size(template):.3g}",
                where=self.path,
                fix="give a basis in the animation's unit",
            )
        if factor == 1:
            return self
        _log.warning("%s: scaled by %g, to the animation's unit", self.path, factor)
        return Basis(factor * self.neutral, {name: factor * one for name, one in self.shapes.items()}, self.path)


def load_basis(path: Path) -> Basis:
    """The basis of an .npz, or of a folder with neutral.obj and one .obj (or .ply) by each shape's name.

    .npz: `neutral` (V, 3); `shapes` or `bs` (N, V, 3), offsets from it, whole numbers in steps of `shape_step`;
    `shape_names` or `bs_names` (N,). Both halves of a shape that ARKit has as one are added. Shapes that are none of
    ARKit's are left out, and said. Raises ConfigError or MeshError.
    """
    neutral, shapes = _of_folder(path) if path.is_dir() else _of_npz(path)
    _check_finite(_NEUTRAL, neutral, path)
    found: dict[str, NDArray[np.float64]] = {}
    others = []
    for name, shape in shapes.items():
        _check_finite(name, shape, path)
        arkit, half = arkit_name(name), arkit_name_of_half(name)
        if arkit in found:
            raise ConfigError(f"it has {arkit} twice", where=path, fix="keep one of the two")
        if arkit is not None:
            found[arkit] = shape
        elif half is not None:
            found[half] = found.get(half, 0.0) + shape
        else:
            others.append(name)
    if not found:
        raise ConfigError("none of its shapes is one of ARKit's", where=path, fix="name them jawOpen, mouthClose, ...")
    if others:
        _log.warning("%s: left out, since ARKit has no such shapes: %s", path, ", ".join(others))
    return Basis(neutral, found, path)


def _of_npz(path: Path) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            neutral = file[_NEUTRAL].astype(np.float64)
            shapes = file[next(key for key in _SHAPES if key in file)].astype(np.float64)
            names = [str(one) for one in file[next(key for key in _NAMES if key in file)]]
            shapes *= float(file[_STEP]) if _STEP in file else 1.0
        if neutral.shape != shapes.shape[1:] or len(names) != len(shapes) or neutral.shape[1:] != (3,):
            raise ValueError(f"neutral {neutral.shape}, shapes {shapes.shape}, {len(names)} names")
        return neutral, dict(zip(names, shapes, strict=True))
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise ConfigError(
            f"is no basis of shapes ({type(error).__name__}: {error})",
            where=path,
            fix="give an .npz of neutral (V, 3), shapes (N, V, 3) and shape_names (N,), or a folder of .obj or .ply",
        ) from error


def _of_folder(path: Path) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    files = {one.stem: one for one in sorted(path.iterdir()) if one.suffix.lower() in _MESHES}
    by_case = {name.lower(): one for name, one in files.items()}
    if _NEUTRAL not in by_case:
        raise ConfigError("holds no neutral.obj or neutral.ply", where=path, fix="add the face at rest by this name")
    neutral = _vertices(by_case[_NEUTRAL])
    shapes = {}
    for name, file in files.items():
        if name.lower() == _NEUTRAL:
            continue
        vertices = _vertices(file)
        if len(vertices) != len(neutral):
            what = f"has {len(vertices):,} vertices, and neutral has {len(neutral):,}"
            raise MeshError(what, where=file, fix="export all meshes with their vertices in one order")
        shapes[name] = vertices - neutral
    return neutral, shapes


def _vertices(path: Path) -> NDArray[np.float64]:
    try:
        return mesh_vertices(path).astype(np.float64)
    except KMTalkError:
        raise
    except Exception as error:  # trimesh raises nearly anything for a malformed mesh
        raise MeshError(f"is not a readable mesh ({type(error).__name__}: {error})", where=path) from error


def _check_finite(name: str, points: NDArray[np.float64], path: Path) -> None:
    if not (np.abs(points) <= _FURTHEST).all():
        raise ConfigError(f"{name} holds NaN, infinite or senselessly large values", where=path)


def _size(vertices: NDArray[np.floating]) -> float:
    """The mean distance from the middle."""
    return float(np.linalg.norm(vertices - vertices.mean(axis=0), axis=1).mean())
