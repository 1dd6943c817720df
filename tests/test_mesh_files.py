from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.errors import MeshError
from kmtalk_align.mesh import mesh_faces, mesh_vertices

V = 14
VERTICES = np.array([[number, number * number % 5, number % 3] for number in range(V)], np.float32)
LINES = "".join(f"v {x:g} {y:g} {z:g}\n" for x, y, z in VERTICES)
TEXTURE = "".join(f"vt {number / V} 0.5\n" for number in range(V))
PLY = (
    "ply\nformat ascii 1.0\nelement vertex 14\nproperty float x\nproperty float y\nproperty float z\n"
    "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
) + LINES.replace("v ", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.obj", LINES + "f 1 2 3\n"),
        ("texture_seam.obj", LINES + TEXTURE + "f 1/1 2/2 3/3\nf 3/13 2/14 4/4\n"),
        ("materials.obj", LINES + "usemtl a\nf 1 2 3\nusemtl b\nf 4 5 6\n"),
        ("colours.obj", LINES.replace("\n", " 0.5 0.5 0.5\n") + "f 1 2 3\n"),
        ("points.obj", LINES),
        ("face.ply", PLY + "3 0 1 2\n"),
    ],
)
def test_all_vertices_come_in_the_order_of_the_file(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    np.testing.assert_array_equal(mesh_vertices(tmp_path / name), VERTICES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.obj", "v 1 2\nv 1 2 3\n", "not a readable mesh"),
        ("word.obj", "v 1 2 x\n", "not a readable mesh"),
        ("empty.obj", "", "no vertices"),
        ("broken.ply", "ply\n", "not a readable mesh"),
    ],
)
def test_what_is_no_mesh_is_refused(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MeshError, match=message):
        mesh_vertices(tmp_path / name)


def test_a_missing_mesh_is_refused(tmp_path: Path) -> None:
    for name in ("none.obj", "none.ply"):
        with pytest.raises(MeshError, match="none"):
            mesh_vertices(tmp_path / name)


def test_points_have_no_faces(tmp_path: Path) -> None:
    (tmp_path / "points.obj").write_text(LINES)
    assert mesh_faces(tmp_path / "points.obj").shape == (0, 3)
