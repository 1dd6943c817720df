"""Faces, regions and the mouth's opening of a folder corpus."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.mesh import check_mouth_opening, read_faces, read_regions
from kmtalk_align.errors import CorpusError

V = 12
PLY = (
    "ply\nformat ascii 1.0\nelement vertex 12\nproperty float x\nproperty float y\nproperty float z\n"
    "element face 2\nproperty list uchar int vertex_indices\nend_header\n"
    + "".join(f"{number} {number * number} 0\n" for number in range(V))
    + "3 0 1 2\n3 9 10 11\n"
)
VERTICES = "".join(f"v {number} {number * number % 5} {number % 3}\n" for number in range(V))


def npz(**arrays: object) -> bytes:
    sink = io.BytesIO()
    np.savez(sink, **arrays)
    return sink.getvalue()


def faces_of(root: Path) -> list[list[int]]:
    faces = read_faces(root, V)
    assert faces is not None
    assert faces.dtype == np.int32
    found: list[list[int]] = faces.tolist()
    return found


def test_faces_come_from_mesh_npz(tmp_path: Path) -> None:
    (tmp_path / "mesh.npz").write_bytes(npz(faces=np.array([[0, 1, 2], [9, 10, 11]], np.uint32)))
    assert faces_of(tmp_path) == [[0, 1, 2], [9, 10, 11]]


@pytest.mark.parametrize("name", ["FLAME_sample.ply", "templates/ann.ply"])
def test_faces_come_from_a_ply(tmp_path: Path, name: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / name).write_text(PLY)
    assert faces_of(tmp_path) == [[0, 1, 2], [9, 10, 11]]


@pytest.mark.parametrize("name", ["head.obj", "templates/head.obj"])
def test_faces_come_from_an_obj_counted_from_0(tmp_path: Path, name: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / name).write_text(VERTICES + "f 1 2 3\nf 10 11 12\n")
    assert faces_of(tmp_path) == [[0, 1, 2], [9, 10, 11]]


def test_texture_seams_of_an_obj_leave_the_vertex_numbers_alone(tmp_path: Path) -> None:
    texture = "".join(f"vt {number / 14} 0.5\n" for number in range(14))
    (tmp_path / "head.obj").write_text(VERTICES + texture + "f 1/1 2/2 3/3\nf 3/13 2/14 4/4\n")
    assert faces_of(tmp_path) == [[0, 1, 2], [2, 1, 3]]


def test_vertices_in_the_same_place_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "head.obj").write_text("v 0 0 0\n" * 10 + "v 1 0 0\nv 0 1 0\n" + "f 10 11 12\n")
    assert faces_of(tmp_path) == [[9, 10, 11]]


def test_an_obj_of_several_materials_is_one_mesh(tmp_path: Path) -> None:
    (tmp_path / "head.obj").write_text(VERTICES + "usemtl skin\nf 12 2 3\nusemtl lips\nf 4 5 6\n")
    assert sorted(faces_of(tmp_path)) == [[3, 4, 5], [11, 1, 2]]


def test_mesh_npz_comes_before_other_meshes(tmp_path: Path) -> None:
    (tmp_path / "mesh.npz").write_bytes(npz(faces=np.array([[3, 4, 5]])))
    (tmp_path / "head.ply").write_text(PLY)
    assert faces_of(tmp_path) == [[3, 4, 5]]


def test_without_a_mesh_there_are_no_faces(tmp_path: Path) -> None:
    assert read_faces(tmp_path, V) is None


@pytest.mark.parametrize("name", ["mesh.npz", "head.ply", "head.obj"])
@pytest.mark.parametrize("content", [b"", b"no mesh at all", b"PK\x03\x04 broken zip", b"\x80\x04N."])
def test_a_mesh_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=name):
        read_faces(tmp_path, V)


def _npy() -> bytes:
    sink = io.BytesIO()
    np.save(sink, np.zeros((2, 3), np.int32))
    return sink.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        npz(triangles=np.array([[0, 1, 2]])),
        npz(faces=np.array([[0, 1, 2, 3]])),
        npz(faces=np.zeros((0, 3), np.int32)),
        npz(faces=np.array([["a", "b", "c"]])),
        npz(faces=np.array([[0, 1, None]])),
        npz(faces=np.array([[0.0, 1.0, np.nan]])),
        npz(faces=np.array([[0.0, 1.0, 2.5]])),
        _npy(),
    ],
    ids=["no faces", "quads", "none", "text", "objects", "NaN", "fractions", "npy"],
)
def test_an_npz_without_triangles_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mesh.npz").write_bytes(content)
    with pytest.raises(CorpusError, match=r"mesh\.npz"):
        read_faces(tmp_path, V)


@pytest.mark.parametrize("vertex", [-1, 12, 2**31 + 1])
def test_a_face_beyond_the_templates_is_an_error_that_names_the_vertex(tmp_path: Path, vertex: int) -> None:
    (tmp_path / "mesh.npz").write_bytes(npz(faces=np.array([[0, 1, vertex]])))
    with pytest.raises(CorpusError, match=rf"mesh\.npz: a face names vertex {vertex}\b.*have 12"):
        read_faces(tmp_path, V)


@pytest.mark.parametrize("text", ["3, 1,2", "1 2 3\n", "3\n2\r\n1\n2", "1,\t2 , 3,"])
def test_regions_are_vertex_numbers_between_commas_or_blanks(tmp_path: Path, text: str) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "lips.txt").write_text(text)
    (tmp_path / "regions" / "upper_face.txt").write_text("0 11")
    assert read_regions(tmp_path, V) == {"lips": [1, 2, 3], "upper_face": [0, 11]}


def test_without_regions_there_are_none(tmp_path: Path) -> None:
    assert read_regions(tmp_path, V) == {}


@pytest.mark.parametrize("content", [b"", b"1 2 twelve", b"1 2.5", b"1 12", b"-1 2", b"\xff\xfe\0\1"])
def test_a_region_that_is_no_list_of_vertices_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "lips.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=r"lips\.txt"):
        read_regions(tmp_path, V)


@pytest.mark.parametrize("pair", [None, (0, 11)])
def test_a_mouth_opening_within_the_mesh_is_well(pair: tuple[int, int] | None) -> None:
    check_mouth_opening(pair, V, "here")


@pytest.mark.parametrize("pair", [(0, 12), (-1, 3)])
def test_a_mouth_opening_beyond_the_mesh_is_an_error(pair: tuple[int, int]) -> None:
    with pytest.raises(CorpusError, match="here: mouth_opening names"):
        check_mouth_opening(pair, V, "here")
