"""A mesh a frame: sequences of .obj or .ply files in a folder, with a note of what they can't hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import progress
from kmtalk_align.files import check_room, encode_id, new_directory, refuse_occupied, relative
from kmtalk_model.animation import Animation

NOTE = "sequence.json"
_DIGITS = 4
# Of a name within a file's: file systems allow 255 bytes in all.
_LONGEST = 100
Format = Literal["obj", "ply"]
_Mesh = Callable[[NDArray[np.float32]], bytes]


def write_sequence(animation: Animation, output: Path, kind: Format) -> Path:
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
        note = json.dumps(_note(animation, output, names[0]), ensure_ascii=False, indent=1)
        (folder / NOTE).write_text(note + "\n", encoding="utf-8")
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


def _note(animation: Animation, output: Path, first: str) -> dict[str, object]:
    return {
        "name": animation.name,
        "first": first,
        "frames": animation.n_frames,
        "fps": animation.fps,
        "unit": animation.unit,
        "sound": animation.sound and relative(animation.sound.path, output),
        "key_frames": animation.key_frames.tolist(),
        "words": [asdict(one) for one in animation.words],
        "phones": [asdict(one) for one in animation.phones],
    }
