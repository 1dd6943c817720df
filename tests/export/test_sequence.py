from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from kmtalk_align.errors import ArtefactError
from kmtalk_align.mesh import mesh_faces, mesh_vertices
from kmtalk_model.export.sequence import write_sequence
from tests.export.made_animations import sheet, with_sound

Kind = Literal["obj", "ply"]


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_vertices_keep_order_number_and_every_digit(tmp_path: Path, kind: Kind) -> None:
    moved = sheet()
    # Two vertices in one place, and one of no face: what tidy programs drop.
    vertices = moved.vertices.copy()
    vertices[:, 7] = vertices[:, 8]
    moved = replace(moved, vertices=vertices, faces=moved.faces[(moved.faces != 0).all(axis=1)])
    first = write_sequence(moved, tmp_path / "out", kind)
    assert first == tmp_path / "out" / f"sheet_0000.{kind}"
    names = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert names == ["sequence.json", *(f"sheet_{number:04}.{kind}" for number in range(11))]
    for number in (0, 5, 10):
        path = tmp_path / "out" / f"sheet_{number:04}.{kind}"
        np.testing.assert_array_equal(mesh_vertices(path), moved.vertices[number])
        np.testing.assert_array_equal(mesh_faces(path), moved.faces)


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_without_faces_they_are_points(tmp_path: Path, kind: Kind) -> None:
    first = write_sequence(replace(sheet(), faces=np.zeros((0, 3), np.int32)), tmp_path / "out", kind)
    np.testing.assert_array_equal(mesh_vertices(first), sheet().vertices[0])
    assert mesh_faces(first).shape == (0, 3)


def test_a_note_says_what_meshes_cannot_hold(tmp_path: Path, write_wav: Any) -> None:
    sound = write_wav("speech.wav", np.zeros(7040))
    write_sequence(with_sound(sheet(), sound), tmp_path / "a" / "out", "ply")
    note = json.loads((tmp_path / "a" / "out" / "sequence.json").read_text())
    assert note["fps"] == 25
    assert note["frames"] == 11
    assert note["first"] == "sheet_0000.ply"
    assert note["unit"] == "metre"
    assert note["sound"] == "../../speech.wav"
    assert note["key_frames"] == [0, 4, 10]
    assert note["words"] == [{"start_s": 0.1, "end_s": 0.3, "label": "ma"}]


def test_numbers_are_as_wide_as_the_last_needs(tmp_path: Path) -> None:
    one = sheet()
    three = {"template": one.template[:3], "faces": np.array([[0, 1, 2]], np.int32), "regions": {}}
    long = replace(one, vertices=np.repeat(one.vertices[:1, :3], 10_001, axis=0), name="a/b", **three)
    first = write_sequence(long, tmp_path / "out", "ply")
    assert first.name == "a%2Fb_00000.ply"
    assert (tmp_path / "out" / "a%2Fb_10000.ply").is_file()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_sequence(sheet(), tmp_path / "out", "obj")
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "out").iterdir()}
    with pytest.raises(ArtefactError, match="holds something already"):
        write_sequence(sheet(), tmp_path / "out", "obj")
    assert {one: one.stat().st_mtime_ns for one in (tmp_path / "out").iterdir()} == before


def test_a_sequence_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import trimesh.exchange.ply as ply

    calls = []

    def fails(*_: Any, **__: Any) -> bytes:
        calls.append(1)
        if len(calls) > 4:
            raise RuntimeError
        return b"ply"

    monkeypatch.setattr(ply, "export_ply", fails)
    with pytest.raises(RuntimeError):
        write_sequence(sheet(), tmp_path / "out", "ply")
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_is_cut_to_what_a_file_can_be_called(tmp_path: Path) -> None:
    first = write_sequence(replace(sheet(), name="ü" * 300), tmp_path / "out", "ply")
    assert first.is_file()
    assert json.loads((tmp_path / "out" / "sequence.json").read_text())["name"] == "ü" * 300
