from __future__ import annotations

import logging
import sys
import wave
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.export.normals import VertexNormals
from kmtalk_model.export.usd import write_usd
from tests.export.made_animations import sheet, with_sound

SUFFIXES = (".usda", ".usdc", ".usdz", ".usd")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_usd_core_opens_it_with_every_point_at_its_time(tmp_path: Path, suffix: str) -> None:
    from pxr import Usd, UsdGeom

    moved = sheet()
    write_usd(moved, tmp_path / f"sheet{suffix}")
    stage = Usd.Stage.Open(str(tmp_path / f"sheet{suffix}"))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, 10)
    assert (stage.GetTimeCodesPerSecond(), stage.GetFramesPerSecond()) == (25, 25)
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert stage.GetDefaultPrim().GetPath() == "/head"
    mesh = UsdGeom.Mesh(stage.GetPrimAtPath("/head/face"))
    points = mesh.GetPointsAttr()
    assert points.GetTimeSamples() == list(range(11))
    np.testing.assert_array_equal(points.Get(), moved.template)
    normals = VertexNormals(moved.faces, 36)
    for frame in range(11):
        found = np.array(points.Get(frame))
        np.testing.assert_array_equal(found, moved.vertices[frame])
        np.testing.assert_array_equal(mesh.GetExtentAttr().Get(frame), [found.min(axis=0), found.max(axis=0)])
        np.testing.assert_array_equal(mesh.GetNormalsAttr().Get(frame), normals(moved.vertices[frame][None])[0])
    assert set(mesh.GetFaceVertexCountsAttr().Get()) == {3}
    np.testing.assert_array_equal(np.reshape(mesh.GetFaceVertexIndicesAttr().Get(), (-1, 3)), moved.faces)
    assert mesh.GetSubdivisionSchemeAttr().Get() == "none"
    assert not stage.GetPrimAtPath("/head/sound")
    told = stage.GetRootLayer().customLayerData["kmtalk"]
    assert list(told["keyFrames"]) == [0, 4, 10]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_validators_of_usd_find_nothing(tmp_path: Path, suffix: str, write_wav: Any) -> None:
    assert _errors(with_sound(sheet(), write_wav("speech.wav", np.zeros(7040))), tmp_path / f"sheet{suffix}") == []


def test_the_validators_of_usd_are_awake(tmp_path: Path) -> None:
    write_usd(sheet(), tmp_path / "sheet.usda")
    text = (tmp_path / "sheet.usda").read_text().replace("metersPerUnit = 1", "").replace('upAxis = "Y"', "")
    (tmp_path / "sheet.usda").write_text(text)
    assert _validate(tmp_path / "sheet.usda")


def _errors(animation: Any, path: Path) -> list[str]:
    write_usd(animation, path)
    return _validate(path)


def _validate(path: Path) -> list[str]:
    from pxr import Usd, UsdValidation

    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    stage = Usd.Stage.Open(str(path))
    return [one.GetErrorAsString() for one in UsdValidation.ValidationContext(validators).Validate(stage)]


def test_the_stage_names_the_unit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from pxr import Usd, UsdGeom

    def said(unit: str, metres: float | None = None) -> float:
        path = tmp_path / f"{unit or 'none'}{metres}.usdc"
        write_usd(replace(sheet(), unit=unit), path, metres=metres)
        return float(UsdGeom.GetStageMetersPerUnit(Usd.Stage.Open(str(path))))

    assert said("centimetre") == 0.01
    with caplog.at_level(logging.WARNING):
        assert said("") == 1
    assert "its unit is not known, taken as a metre" in caplog.text
    assert said("", 0.2) == 0.2


def test_without_faces_it_is_points(tmp_path: Path) -> None:
    from pxr import Usd, UsdGeom

    write_usd(replace(sheet(), faces=np.zeros((0, 3), np.int32)), tmp_path / "cloud.usdc")
    stage = Usd.Stage.Open(str(tmp_path / "cloud.usdc"))
    points = UsdGeom.Points(stage.GetPrimAtPath("/head/face"))
    np.testing.assert_array_equal(points.GetPointsAttr().Get(7), sheet().vertices[7])


def test_one_frame_is_one_time_code(tmp_path: Path) -> None:
    from pxr import Usd

    one = sheet()
    write_usd(replace(one, vertices=one.vertices[:1], key_frames=one.key_frames[:1]), tmp_path / "one.usda")
    stage = Usd.Stage.Open(str(tmp_path / "one.usda"))
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, 0)


def test_the_sound_lies_beside_a_layer_and_inside_a_package(tmp_path: Path, write_wav: Any) -> None:
    from pxr import Usd, UsdMedia

    sound = write_wav("speech.wav", np.zeros(7040))
    write_usd(with_sound(sheet(), sound), tmp_path / "out" / "sheet.usda")
    stage = Usd.Stage.Open(str(tmp_path / "out" / "sheet.usda"))
    found = UsdMedia.SpatialAudio(stage.GetPrimAtPath("/head/sound"))
    assert found.GetFilePathAttr().Get().path == "../speech.wav"
    assert Path(found.GetFilePathAttr().Get().resolvedPath).samefile(sound)
    assert found.GetStartTimeAttr().Get() == 0
    write_usd(with_sound(sheet(), sound), tmp_path / "sheet.usdz")
    with zipfile.ZipFile(tmp_path / "sheet.usdz") as package:
        assert package.namelist() == ["sheet.usdc", "sound.wav"]
        assert package.read("sound.wav") == sound.read_bytes()


def test_a_package_holds_a_flac_as_wav(tmp_path: Path, demo_root: Path) -> None:
    write_usd(with_sound(sheet(), demo_root / "wav" / "slt_sentence02.flac"), tmp_path / "sheet.usdz")
    with zipfile.ZipFile(tmp_path / "sheet.usdz") as package:
        package.extract("sound.wav", tmp_path)
    with wave.open(str(tmp_path / "sound.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        assert sound.getnframes() > 16_000


def test_a_missing_usd_core_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(ConfigError, match=r"usd-core, which is not installed; pip install .*\[usd\]"):
        write_usd(sheet(), tmp_path / "sheet.usdc")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is no USD file; name it face.usdc"):
        write_usd(sheet(), tmp_path / "face.fbx")
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match="cannot be written"):
        write_usd(sheet(), tmp_path / "file" / "face.usdc")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
