"""A mesh a frame: sequences of .obj or .ply files in a folder, with a note of what they can't hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import progress
from kmtalk_align.files import check_room, encode_id, new_directory, refuse_occupied
from kmtalk_model.animation import Animation
from kmtalk_model.export.note import note

NOTE = "sequence.json"
_DIGITS = 4
MeshFormat = Literal["obj", "ply"]
# Of a name within a file's: file systems allow 255 bytes in all.
_LONGEST = 100
_Mesh = Callable[[NDArray[np.float32]], bytes]


def write_sequence(animation: Animation, output: Path, kind: MeshFormat) -> Path:
    """Write `<name>_0000.obj` or `.ply` and so on into the new folder `output`; gives the first file.

    Vertices keep their order, number and unit, and lose no digit. Without faces they are points. The folder appears
    when it is whole. Raises ArtefactError where it holds something already, can't be written, or has no room.
    """
    refuse_occupied(output)
    make = {"obj": _obj, "ply": _ply}[kind](animation)
    width = max(_DIGITS, len(str(animation.n_frames - 1)))
    stem = encode_id(animation.name or "frame")[:_LONGEST]
    names = [f"{stem}_{number:0{width}}.{kind}" for number in range(animation.n_frames)]
    check_room(output, len(make(animation.vertices[0])) * animation.n_frames, of="the sequence")
    with new_directory(output) as folder:
        with progress.bar(f"write {kind}", animation.n_frames) as advance:
            for name, vertices in zip(names, animation.vertices, strict=True):
                (folder / name).write_bytes(make(vertices))
                advance()
        said = json.dumps({"first": names[0], **note(animation, output)}, ensure_ascii=False, indent=1)
        (folder / NOTE).write_text(said + "\n", encoding="utf-8")
        refuse_occupied(output)
    return output / names[0]


def _obj(animation: Animation) -> _Mesh:
    """Text of .obj. (trimesh's own takes eight times as long: it writes the faces anew for each frame.)"""
    faces = "".join(f"f {a} {b} {c}\n" for a, b, c in (animation.faces + 1).tolist())
    # Nine digits are all that float32 has.
    lines = "v %.9g %.9g %.9g\n" * len(animation.template)

    def make(vertices: NDArray[np.float32]) -> bytes:
        return (lines % tuple(vertices.ravel().tolist()) + faces).encode()

    return make


def _ply(animation: Animation) -> _Mesh:
    """Binary .ply, little-endian."""
    import trimesh
    from trimesh.exchange.ply import export_ply

    cloud: Callable[[NDArray[np.float32]], object] = trimesh.PointCloud

    def make(vertices: NDArray[np.float32]) -> bytes:
        if not len(animation.faces):
            return bytes(export_ply(cloud(vertices)))
        # Unprocessed: trimesh would merge vertices that coincide, such as those of closed lips.
        mesh = trimesh.Trimesh(vertices, animation.faces, process=False, validate=False)
        return bytes(export_ply(mesh, vertex_normal=False))

    return make
