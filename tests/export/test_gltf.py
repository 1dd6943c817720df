from __future__ import annotations

import base64
import json
import logging
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.errors import AnimationError, ArtefactError, ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.export.gltf import write_gltf
from kmtalk_model.export.gltf_read import read_gltf
from tests.export.made_animations import made_weights, sheet, talking_head, with_sound


def parts(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the buffer of a file, by the specification of GLB."""
    content = path.read_bytes()
    if not content.startswith(b"glTF"):
        found: dict[str, Any] = json.loads(content)
        return found, base64.b64decode(found["buffers"][0]["uri"].partition(",")[2])
    _, version, length = struct.unpack("<4sII", content[:12])
    assert (version, length) == (2, len(content))
    size, kind = struct.unpack("<I4s", content[12:20])
    assert kind == b"JSON"
    return json.loads(content[20 : 20 + size]), content[28 + size :]


def values(document: dict[str, Any], buffer: bytes, number: int) -> NDArray[np.generic]:
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    dtype = {5126: "<f4", 5125: "<u4", 5123: "<u2"}[accessor["componentType"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    return np.frombuffer(buffer, dtype, accessor["count"] * width, start).reshape(-1, width)


def played(document: dict[str, Any], buffer: bytes) -> NDArray[np.float64]:
    """The vertices of all keys, as the specification says: base + sum of weights * targets."""
    (primitive,) = document["meshes"][0]["primitives"]
    base = values(document, buffer, primitive["attributes"]["POSITION"]).astype(np.float64)
    targets = np.array([values(document, buffer, one["POSITION"]) for one in primitive["targets"]], np.float64)
    (animation,) = document["animations"]
    (sampler,) = animation["samplers"]
    weights = values(document, buffer, sampler["output"]).reshape(-1, len(targets)).astype(np.float64)
    return base + np.tensordot(weights, targets, axes=1)


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_what_it_plays_lies_within_the_stated_bound(tmp_path: Path, suffix: str) -> None:
    head = talking_head(made_weights(["jawOpen", "mouthClose", "mouthPucker", "browInnerUp", "eyeBlinkLeft"], 30))
    made = write_gltf(head, tmp_path / f"head{suffix}")
    document, buffer = parts(tmp_path / f"head{suffix}")
    worst = np.linalg.norm(played(document, buffer) - head.vertices, axis=2).max()
    told = document["asset"]["extras"]
    assert worst <= made.worst_m + 1e-8 <= made.tolerance_m
    assert told["worst_vertex_distance_m"] == pytest.approx(worst, abs=3e-8)
    assert told["tolerance_m"] == pytest.approx(np.linalg.norm(np.ptp(head.template, axis=0)) / 8000)
    assert 4.7e-5 < told["tolerance_m"] < 5e-5
    assert made.shapes == len(document["meshes"][0]["primitives"][0]["targets"]) <= 12


def test_a_coarse_tolerance_takes_fewer_shapes_and_is_kept(tmp_path: Path) -> None:
    head = talking_head(made_weights(["jawOpen", "mouthClose", "mouthPucker", "browInnerUp", "eyeBlinkLeft"], 30))
    made = write_gltf(head, tmp_path / "head.glb", tolerance=0.008)
    worst = np.linalg.norm(played(*parts(tmp_path / "head.glb")) - head.vertices, axis=2).max()
    assert made.shapes < 9
    assert 0.001 < worst <= 0.008


def test_accessors_say_their_bounds_and_names_say_what_is_what(tmp_path: Path) -> None:
    write_gltf(sheet(), tmp_path / "sheet.glb")
    document, buffer = parts(tmp_path / "sheet.glb")
    bounded = [number for number, one in enumerate(document["accessors"]) if "min" in one]
    for number in bounded:
        found = values(document, buffer, number)
        np.testing.assert_array_equal(np.float32(document["accessors"][number]["min"]), found.min(axis=0))
        np.testing.assert_array_equal(np.float32(document["accessors"][number]["max"]), found.max(axis=0))
    mesh = document["meshes"][0]
    (primitive,) = mesh["primitives"]
    (animation,) = document["animations"]
    needed = [primitive["attributes"]["POSITION"], animation["samplers"][0]["input"]]
    assert {*needed, *(one["POSITION"] for one in primitive["targets"])} == set(bounded)
    names = mesh["extras"]["targetNames"]
    assert len(names) == len(set(names)) == len(primitive["targets"])
    assert {one.rpartition("_")[0] for one in names} == {"motion_000", "motion_001", "motion_002", "motion_003"}
    assert mesh["weights"] == [0] * len(primitive["targets"])
    assert animation["name"] == "sheet"
    assert animation["samplers"][0]["interpolation"] == "LINEAR"
    assert animation["channels"] == [{"sampler": 0, "target": {"node": 0, "path": "weights"}}]
    times = values(document, buffer, animation["samplers"][0]["input"]).ravel()
    np.testing.assert_array_equal(times, np.float32(np.arange(11) / 25))


def test_the_surface_is_lit_from_both_sides_and_no_metal(tmp_path: Path) -> None:
    write_gltf(sheet(), tmp_path / "sheet.glb")
    document, buffer = parts(tmp_path / "sheet.glb")
    (material,) = document["materials"]
    assert material["doubleSided"] is True
    assert material["pbrMetallicRoughness"]["metallicFactor"] == 0
    (primitive,) = document["meshes"][0]["primitives"]
    normals = values(document, buffer, primitive["attributes"]["NORMAL"]).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    colours = values(document, buffer, primitive["attributes"]["COLOR_0"]) / 65_535
    # Lips are redder than skin: less green and blue.
    assert colours[15, 1] < colours[0, 1] - 0.1
    np.testing.assert_array_equal(values(document, buffer, primitive["indices"]).ravel(), sheet().faces.ravel())


def test_extras_say_what_gltf_has_no_place_for(tmp_path: Path, write_wav: Any) -> None:
    sound = write_wav("speech.wav", np.zeros(7040))
    write_gltf(with_sound(sheet(), sound), tmp_path / "out" / "sheet.glb")
    told = read_gltf(tmp_path / "out" / "sheet.glb").told
    assert told["sound"] == "../speech.wav"
    assert told["fps"] == 25
    assert told["frames"] == 11
    assert told["key_frames"] == [0, 4, 10]
    assert told["words"] == [{"start_s": 0.1, "end_s": 0.3, "label": "ma"}]
    assert [one["label"] for one in told["phones"]] == ["sil", "M", "AA1"]
    write_gltf(sheet(), tmp_path / "silent.glb")
    assert "sound" not in read_gltf(tmp_path / "silent.glb").told


@pytest.mark.parametrize(("unit", "factor"), [("centimetre", 100), ("mm", 1000)])
def test_a_known_unit_becomes_metres(tmp_path: Path, unit: str, factor: float) -> None:
    one = sheet()
    large = replace(one, vertices=one.vertices * factor, template=one.template * factor, unit=unit)
    made = write_gltf(large, tmp_path / "large.glb")
    assert np.linalg.norm(played(*parts(tmp_path / "large.glb")) - one.vertices, axis=2).max() <= made.tolerance_m
    assert read_gltf(tmp_path / "large.glb").told["metres_per_unit"] == pytest.approx(1 / factor)
    assert made.tolerance_m == pytest.approx(np.linalg.norm(np.ptp(one.template, axis=0)) / 8000, rel=1e-5)


def test_another_unit_is_taken_as_a_metre_unless_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    odd = replace(sheet(), unit="BIWI unit")
    with caplog.at_level(logging.WARNING):
        write_gltf(odd, tmp_path / "odd.glb")
    assert read_gltf(tmp_path / "odd.glb").told["metres_per_unit"] == 1
    assert "its unit is 'BIWI unit', taken as a metre; --metres-per-unit" in caplog.text
    made = write_gltf(odd, tmp_path / "odd.glb", metres=0.2, tolerance=0.001)
    assert made.tolerance_m == pytest.approx(0.0002)
    vertices = played(*parts(tmp_path / "odd.glb"))
    assert np.linalg.norm(vertices - 0.2 * odd.vertices, axis=2).max() <= 0.0002
    with pytest.raises(ConfigError, match="a unit of 0 metres"):
        write_gltf(odd, tmp_path / "odd.glb", metres=0)


def test_one_frame_is_a_still(tmp_path: Path) -> None:
    one = sheet()
    write_gltf(replace(one, vertices=one.vertices[4:5], key_frames=one.key_frames[:0]), tmp_path / "still.glb")
    document, _ = parts(tmp_path / "still.glb")
    assert not document.get("animations")
    (weight,) = document["meshes"][0]["weights"]
    assert weight == 1
    assert read_gltf(tmp_path / "still.glb").components.worst_distance(one.vertices[4:5]) < 1e-5


def test_what_does_not_move_is_a_mesh(tmp_path: Path) -> None:
    one = sheet()
    made = write_gltf(replace(one, vertices=np.repeat(one.template[None], 11, axis=0)), tmp_path / "still.glb")
    document, _ = parts(tmp_path / "still.glb")
    assert made.shapes == 0
    assert not document.get("animations")
    assert not document["meshes"][0]["primitives"][0].get("targets")


def test_without_faces_it_is_a_cloud(tmp_path: Path) -> None:
    made = write_gltf(replace(sheet(), faces=np.zeros((0, 3), np.int32)), tmp_path / "cloud.glb")
    document, buffer = parts(tmp_path / "cloud.glb")
    (primitive,) = document["meshes"][0]["primitives"]
    assert primitive["mode"] == 0
    assert "indices" not in primitive
    worst = np.linalg.norm(played(document, buffer) - sheet().vertices, axis=2).max()
    assert worst <= made.tolerance_m


def test_a_mesh_of_many_vertices_has_long_indices(tmp_path: Path) -> None:
    count = 70_000
    template = np.random.default_rng(0).standard_normal((count, 3)).astype(np.float32)
    faces = np.array([[0, 1, count - 1]], np.int32)
    moved = template + np.array([0, 0.5], np.float32)[:, None, None]
    many = replace(
        sheet(), template=template, vertices=moved, faces=faces, regions={}, key_frames=np.zeros(0, np.int32)
    )
    write_gltf(many, tmp_path / "many.glb")
    document, buffer = parts(tmp_path / "many.glb")
    indices = document["meshes"][0]["primitives"][0]["indices"]
    assert document["accessors"][indices]["componentType"] == 5125
    np.testing.assert_array_equal(values(document, buffer, indices).ravel(), [0, 1, count - 1])


def test_a_file_that_cannot_be_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no glTF file; name it face.glb or face.gltf"):
        write_gltf(sheet(), tmp_path / "face.fbx")
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match="cannot be written"):
        write_gltf(sheet(), tmp_path / "file" / "face.glb")
    with pytest.raises(AnimationError, match="finer than the rounding"):
        write_gltf(sheet(), tmp_path / "face.glb", tolerance=1e-13)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_other_files_are_no_gltf_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"glTF and then nothing")
    (tmp_path / "b.gltf").write_text("{}")
    for path in (tmp_path / "a.glb", tmp_path / "b.gltf", tmp_path / "none.glb"):
        with pytest.raises(AnimationError, match="is no glTF file of kmtalk"):
            read_gltf(path)


def test_nan_never_comes_so_far() -> None:
    broken = sheet().vertices.copy()
    broken[3, 5, 1] = np.nan
    with pytest.raises(AnimationError, match="NaN"):
        Animation(**{**vars(sheet()), "vertices": broken})
