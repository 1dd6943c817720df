"""What a person gives to be looked at: our own .npz, or the .npy that the tools around FaceFormer write."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import SAMPLE_RATE, measure
from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_align.mesh import mesh_faces, mesh_vertices
from kmtalk_model.animation import Animation, Sound

_log = logging.getLogger(__name__)
# A recording that differs from what the animation was made of by more is another one.
_SAME_S = 0.1


def open_animation(
    path: Path, *, mesh: Path | None = None, fps: float | None = None, audio: Path | None = None
) -> Animation:
    """The animation of a file, its sound where it can be found from here, else none.

    A .npz holds all but the sound itself. A .npy holds vertices (T, V * 3) or (T, V, 3) alone: mesh gives its template
    and faces (.ply, .obj), fps its frame rate. audio: the recording, for a .npy, or in place of the .npz's own. Raises
    AnimationError, ConfigError, MeshError or AudioError.
    """
    return open_animations([path], mesh=mesh, fps=fps, audio=audio)[0]


def open_animations(
    paths: Sequence[Path], *, mesh: Path | None = None, fps: float | None = None, audio: Path | None = None
) -> list[Animation]:
    """The animations of files of the same speech, as `open_animation`; mesh and fps are for the .npy files among them.

    One recording serves all of them: `audio`, else the first that is found.
    """
    motions = open_motions(paths, mesh=mesh, fps=fps)
    own = [(one, path) for one, path in zip(motions, paths, strict=True) if one.sound] or [(motions[0], paths[0])]
    sound = next((found for one, path in own if (found := _sound(one, path, audio))), None)
    return [replace(one, sound=sound) for one in motions]


def open_motions(paths: Sequence[Path], *, mesh: Path | None = None, fps: float | None = None) -> list[Animation]:
    """As `open_animations`, for what needs no sound: it is not looked for."""
    # Where none is a .npy file, each says that mesh and fps are not for it.
    bare = any(path.suffix == ".npy" for path in paths)
    return [
        _of_npy(path, mesh, fps)
        if path.suffix == ".npy"
        else _of_npz(path, None if bare else mesh, None if bare else fps)
        for path in paths
    ]


def _of_npz(path: Path, mesh: Path | None, fps: float | None) -> Animation:
    if mesh is not None or fps is not None:
        raise ConfigError("a .npz has its own mesh and frame rate", where=path, fix="leave --mesh and --fps out")
    found = Animation.load(path)
    return found if found.name else replace(found, name=_name(path))


def _of_npy(path: Path, mesh: Path | None, fps: float | None) -> Animation:
    if mesh is None or fps is None:
        raise ConfigError(
            "a .npy holds vertices alone", where=path, fix="give --mesh FACE.ply (or .obj) and --fps, or the .npz"
        )
    template = mesh_vertices(mesh)
    vertices, faces = _vertices(path, len(template)), mesh_faces(mesh).astype(np.int32)
    none = np.zeros(0, np.int32)
    try:
        return Animation(vertices, fps, template, faces, unit="", key_frames=none, key_source="", name=_name(path))
    except AnimationError as error:
        raise AnimationError(error.what, where=f"{path} with {mesh} at {fps:g} fps") from error


def _name(path: Path) -> str:
    """What a file is called without its suffix; names of files may hold bytes that are no text."""
    return os.fsencode(path.stem).decode(errors="replace")


def _vertices(path: Path, count: int) -> NDArray[np.float32]:
    try:
        found = np.load(path, allow_pickle=False)
    except Exception as error:  # numpy's reader raises nearly anything for a malformed file
        raise AnimationError(f"is no readable array ({type(error).__name__}: {error})", where=path) from error
    if not isinstance(found, np.ndarray):
        raise AnimationError("is a .npz by its content, not a .npy", where=path, fix=f"name it {path.stem}.npz")
    if found.dtype.kind not in "fiu" or found.ndim not in (2, 3) or not len(found) or found[0].size != count * 3:
        raise AnimationError(
            f"is an array of {found.dtype}, shape {found.shape}, and the mesh has {count:,} vertices",
            where=path,
            fix=f"give (T, {count * 3}) or (T, {count}, 3), or the mesh that belongs to it",
        )
    with np.errstate(over="ignore"):  # what float32 does not hold is infinite, which Animation refuses
        return np.asarray(found, np.float32).reshape(len(found), count, 3)


def _sound(animation: Animation, path: Path, audio: Path | None) -> Sound | None:
    """The recording by a path that is there from here; None, with a warning, where the animation's own is gone."""
    if audio is not None:
        samples = round(measure(audio).duration_s * SAMPLE_RATE)
        made_of = animation.sound
        if made_of is not None and abs(samples - made_of.samples) > _SAME_S * SAMPLE_RATE:
            lasting = f"{samples / SAMPLE_RATE:.2f} s, not {made_of.samples / SAMPLE_RATE:.2f} s"
            _log.warning("%s lasts %s as the recording that %s was made of: %s", audio, lasting, path, made_of.path)
        return Sound(str(audio), samples)
    if animation.sound is None:
        _log.warning("%s: has no sound, and is shown without; --audio gives it one", path)
        return None
    for place in (Path(animation.sound.path), path.parent / animation.sound.path):
        if _is_file(place):
            return Sound(os.path.normpath(place), animation.sound.samples)
    gone = animation.sound.path
    _log.warning("%s: its recording %s is gone, so it is shown without sound; --audio says where it is", path, gone)
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # too long for a file name
        return False
