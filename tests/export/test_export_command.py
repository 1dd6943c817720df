"""kmtalk export and kmtalk visemes, as they are called."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from kmtalk_align.errors import KMTalkError
from kmtalk_model.cli import app
from kmtalk_model.export.formats import choose_format
from kmtalk_model.export.gltf_read import read_gltf
from kmtalk_model.export.live_link import read_live_link
from kmtalk_model.open_animation import open_animation
from tests.export.made_animations import HEAD, made_weights, sheet, talking_head, with_sound

NO_OPTIONS = {"tolerance": None, "metres_per_unit": None, "basis": None}


def kmtalk(*arguments: str | Path) -> None:
    app([str(one) for one in arguments], standalone_mode=False)


@pytest.fixture
def result(tmp_path: Path, write_wav: Any) -> Path:
    path = tmp_path / "sheet.npz"
    with_sound(sheet(), write_wav("speech.wav", np.zeros(7040))).save(path)
    return path


def test_gltf_says_its_bound_and_where_the_sound_is(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kmtalk("export", result, "-o", tmp_path / "sheet.glb")
    said = capsys.readouterr().err
    bound = r"every vertex of every frame within [\d.e-]+ mm \(tolerance 0.032 mm\)"
    assert re.search(rf"11 frames of 36 vertices at 25 fps, 8 morph targets, {bound}", said)
    assert f"its sound stays where it is: {tmp_path / 'speech.wav'}" in said
    kmtalk("export", result, "-o", tmp_path / "coarse.glb", "--tolerance", "0.005")
    assert re.search(r" [1-5] morph targets, .* within [1-5]\S* mm \(tolerance 5 mm\)", capsys.readouterr().err)


def test_the_stated_bound_is_never_rounded_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(3).standard_normal((40, 36, 3)).astype(np.float32) * 0.01
    moved = sheet(vertices=sheet().template + noise, key_frames=np.zeros(0, np.int32))
    moved.save(tmp_path / "noise.npz")
    for tolerance in ("0.02", "0.011", "0.003"):
        kmtalk("export", tmp_path / "noise.npz", "-o", tmp_path / "noise.glb", "--tolerance", tolerance)
        stated = float(capsys.readouterr().err.partition("within ")[2].split()[0]) / 1000
        worst = read_gltf(tmp_path / "noise.glb").components.worst_distance(moved.vertices)
        assert worst <= stated <= 1.1 * worst


def test_every_format_is_written(result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kmtalk("export", result, "--to", "obj", "-o", tmp_path / "objs")
    kmtalk("export", result, "--to", "ply", "-o", tmp_path / "plys")
    kmtalk("export", result, "-o", tmp_path / "sheet.usdc")
    kmtalk("export", result, "-o", tmp_path / "sheet.npy")
    assert len(list((tmp_path / "objs").glob("*.obj"))) == len(list((tmp_path / "plys").glob("*.ply"))) == 11
    assert (tmp_path / "sheet.usdc").read_bytes().startswith(b"PXR-USDC")
    np.testing.assert_array_equal(np.load(tmp_path / "sheet.npy"), sheet().vertices.reshape(11, -1))
    assert "sheet_0000.obj and so on: 11 frames of 36 vertices at 25 fps" in capsys.readouterr().err


def test_an_array_with_its_mesh_is_exported_too(tmp_path: Path) -> None:
    np.save(tmp_path / "motion.npy", sheet().vertices.reshape(11, -1))
    trimesh.Trimesh(sheet().template, sheet().faces, process=False).export(tmp_path / "face.ply")
    arguments = ("--mesh", tmp_path / "face.ply", "--fps", "30", "--metres-per-unit", "2")
    kmtalk("export", tmp_path / "motion.npy", *arguments, "-o", tmp_path / "motion.gltf")
    found = read_gltf(tmp_path / "motion.gltf")
    assert found.components.worst_distance(2 * sheet().vertices) <= found.told["tolerance_m"]
    assert found.told["fps"] == 30


def test_weights_of_arkit_are_written_and_their_residual_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = made_weights(["jawOpen", "mouthPucker"], 6)
    talking_head(truth).save(tmp_path / "head.npz")
    kmtalk("export", tmp_path / "head.npz", "-o", tmp_path / "head.csv", "--basis", HEAD)
    said = capsys.readouterr().err
    assert "6 frames of 52 shapes; vertices lie" in said
    assert "mm off on average" in said
    np.testing.assert_allclose(read_live_link(tmp_path / "head.csv").weights["jawOpen"], truth["jawOpen"], atol=2e-5)
    with np.load(HEAD) as head:
        few = [list(head["shape_names"]).index(one) for one in ("jawOpen", "mouthPucker")]
        arrays = {name: head[name] for name in ("neutral", "shape_step")}
        arrays |= {name: head[name][few] for name in ("shapes", "shape_names")}
    arrays["shapes"] = arrays["shapes"] * np.array([1, 0])[:, None, None]
    np.savez(tmp_path / "few.npz", **arrays)
    kmtalk("export", tmp_path / "head.npz", "-o", tmp_path / "head.csv", "--basis", tmp_path / "few.npz")
    said = capsys.readouterr().err
    assert "not in the basis, so 0: eyeBlinkLeft, eyeLookDownLeft" in said
    assert "move nothing in the basis, so 0: mouthPucker" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "{out}/a.fbx"], "a.fbx: its suffix names no format; give --to, one of: gltf, obj, ply, usd, npy, csv"),
        (["-o", "{out}/a.obj"], "a.obj: a sequence of .obj is a folder; give --to obj and name it a"),
        (["-o", "{out}/a.ply", "--to", "ply"], "a.ply: a sequence of .ply is a folder; name it a"),
        (["-o", "{out}/a", "--to", "fbx"], "--to: there is no format 'fbx'; choose from: gltf"),
        (["-o", "{out}/a.glb", "--to", "usd"], "a.glb: is no file of usd; name it a.usdc"),
        (["-o", "{out}/a.usda", "--tolerance", "1"], "usd takes no --tolerance; it is for: gltf"),
        (["-o", "{out}/a.glb", "--basis", "x"], "gltf takes no --basis; it is for: csv"),
        (["-o", "{out}/a.csv"], "weights of ARKit's shapes need the shapes; give --basis"),
        (["-o", "{out}/a.csv", "--basis", str(HEAD)], "the basis has 4,790 vertices, the animation 36"),
        (["-o", "{out}/a.glb", "--tolerance", "0"], "--tolerance: a tolerance of 0 is none"),
        (["-o", "{out}/a.usdc", "--metres-per-unit", "-1"], "--metres-per-unit: a unit of -1.0 metres is none"),
        (["-o", "{out}", "--to", "obj"], "is a folder that holds something already"),
        (["-o", "{out}/file/a.glb"], "cannot be written"),
        (["-o", "{out}/file/a", "--to", "ply"], "cannot be written"),
    ],
)
def test_a_mistake_is_one_error_and_leaves_no_file(
    result: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KMTalkError) as error:
        kmtalk("export", result, *(one.replace("{out}", str(tmp_path)) for one in arguments))
    assert message in str(error.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_suffix_names_its_format() -> None:
    for name, format_ in {"a.glb": "gltf", "a.gltf": "gltf", "a.usdz": "usd", "a.npy": "npy", "a.csv": "csv"}.items():
        assert choose_format(Path(name), None, dict(NO_OPTIONS)) == format_
    assert choose_format(Path("frames"), "obj", dict(NO_OPTIONS)) == "obj"


def test_a_result_without_its_sound_is_exported_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sheet().save(tmp_path / "silent.npz")
    with caplog.at_level(logging.WARNING):
        kmtalk("export", tmp_path / "silent.npz", "-o", tmp_path / "silent.glb")
    assert "has no sound" in caplog.text
    assert "sound" not in capsys.readouterr().err
    assert open_animation(tmp_path / "silent.npz").sound is None


def test_visemes_are_written(result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kmtalk("visemes", result, "-o", tmp_path / "a.tsv")
    assert (tmp_path / "a.tsv").read_text() == "0.00\tsil\n0.10\tPP\n0.20\taa\n0.30\tsil\n0.44\tsil\n"
    assert "4 cues of 3 visemes" in capsys.readouterr().err
    kmtalk("visemes", result, "-o", tmp_path / "b.tsv", "--set", "rhubarb", "--phone", "M=F")
    assert (tmp_path / "b.tsv").read_text() == "0.00\tX\n0.10\tF\n0.20\tD\n0.30\tX\n0.44\tX\n"


def test_a_result_is_not_overwritten_by_its_export(tmp_path: Path) -> None:
    sheet().save(tmp_path / "face.npz")
    mesh = tmp_path / "sheet_0000.ply"
    kmtalk("export", tmp_path / "face.npz", "--to", "ply", "-o", tmp_path / "meshes")
    (tmp_path / "meshes" / mesh.name).rename(mesh)
    np.save(tmp_path / "theirs.npy", sheet().vertices.astype(np.float64))
    before = (tmp_path / "theirs.npy").read_bytes()
    with pytest.raises(KMTalkError, match="overwritten"):
        kmtalk("export", tmp_path / "theirs.npy", "-o", tmp_path / "theirs.npy", "--mesh", mesh, "--fps", "25")
    assert (tmp_path / "theirs.npy").read_bytes() == before


@pytest.mark.parametrize("length", ["1e300", "1e-300", "nan"])
def test_a_unit_that_coordinates_cannot_be_in_is_refused(tmp_path: Path, length: str) -> None:
    sheet().save(tmp_path / "face.npz")
    with pytest.raises(KMTalkError, match="give a length from 1e-09 to 1e"):
        kmtalk("export", tmp_path / "face.npz", "-o", tmp_path / "face.glb", "--metres-per-unit", length)
