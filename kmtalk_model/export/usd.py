"""USD: a mesh whose points are sampled in time, and the sound beside it. Pixar's usd-core writes it.

Frame n is time code n. Points keep the animation's unit, which the stage names in metres; y is up.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from kmtalk_align import progress
from kmtalk_align.audio import decode, speech_wav
from kmtalk_align.errors import ConfigError
from kmtalk_align.files import TEMPORARY_PREFIX, new_file, relative
from kmtalk_model.animation import Animation
from kmtalk_model.export.normals import VertexNormals
from kmtalk_model.export.paint import paint
from kmtalk_model.export.unit import metres_per_unit

SUFFIXES = (".usdc", ".usda", ".usdz", ".usd")
# What a package may hold (specification of USDZ); other recordings go in as WAV.
_PACKED = (".wav", ".mp3", ".m4a")


def write_usd(animation: Animation, output: Path, *, metres: float | None = None) -> None:
    """Write an animation as .usda (text), .usdc or .usd (binary), or .usdz (a package with its sound), in one step.

    metres: how long the animation's unit is, by its name where None. Raises ConfigError where the suffix is another or
    usd-core is missing, and ArtefactError where it can't be written.
    """
    if output.suffix not in SUFFIXES:
        raise ConfigError("is no USD file", where=output, fix=f"name it {output.stem}.usdc, .usda or .usdz")
    check_usd()
    scale = metres_per_unit(animation, metres)
    with new_file(output) as temporary, TemporaryDirectory(dir=output.parent, prefix=TEMPORARY_PREFIX) as folder:
        # USD chooses the format by the suffix.
        packed = output.suffix == ".usdz"
        layer = Path(folder, f"{output.stem}.usdc" if packed else output.name)
        sound = _sound_beside(animation, output, Path(folder) if packed else None)
        _write_stage(animation, layer, scale, sound)
        if packed:
            _pack(layer, Path(folder, sound) if sound else None, Path(folder, output.name))
        Path(folder, output.name).replace(temporary)


def check_usd() -> None:
    """Raise ConfigError where usd-core is not installed."""
    try:
        from pxr import Usd  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "USD is written by usd-core, which is not installed", fix="pip install -c constraints.txt -e '.[usd]'"
        ) from error


def _sound_beside(animation: Animation, output: Path, package: Path | None) -> str | None:
    """The recording's path as the stage names it: from the output's folder, or its copy in a package."""
    if animation.sound is None:
        return None
    path = Path(animation.sound.path)
    if package is None:
        return relative(path, output.parent)
    if path.suffix.lower() in _PACKED:
        copy = package / f"sound{path.suffix.lower()}"
        shutil.copyfile(path, copy)
        return copy.name
    (package / "sound.wav").write_bytes(speech_wav(decode(path)))
    return "sound.wav"


def _write_stage(animation: Animation, layer: Path, scale: float, sound: str | None) -> None:
    from pxr import Sdf, Usd, UsdGeom, UsdMedia

    stage = Usd.Stage.CreateNew(str(layer))
    UsdGeom.SetStageMetersPerUnit(stage, scale)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    stage.SetTimeCodesPerSecond(animation.fps)
    stage.SetFramesPerSecond(animation.fps)
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(animation.n_frames - 1)
    head = UsdGeom.Xform.Define(stage, "/head")
    stage.SetDefaultPrim(head.GetPrim())
    if len(animation.faces):
        _mesh(stage, animation)
    else:
        _move(animation, UsdGeom.Points.Define(stage, "/head/face"), None)
    if sound is not None:
        audio = UsdMedia.SpatialAudio.Define(stage, "/head/sound")
        audio.CreateFilePathAttr(Sdf.AssetPath(sound))
        audio.CreateAuralModeAttr(UsdMedia.Tokens.nonSpatial)
        audio.CreatePlaybackModeAttr(UsdMedia.Tokens.onceFromStart)
    _tell(stage, animation)
    stage.Save()


def _mesh(stage: Any, animation: Animation) -> None:
    from pxr import UsdGeom, Vt

    mesh = UsdGeom.Mesh.Define(stage, "/head/face")
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(animation.faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(animation.faces.ravel(), np.int32)))
    # The points are those of the surface, not of a cage around it.
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDoubleSidedAttr(True)
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    _move(animation, mesh, VertexNormals(animation.faces, len(animation.template)))


def _move(animation: Animation, mesh: Any, normals: VertexNormals | None) -> None:
    """Give a mesh or a cloud of points its colours, the face at rest, and the points of every frame."""
    from pxr import UsdGeom, Vt

    look = paint(animation)
    linear = np.array([look.factor]) if look.colours is None else look.colours[:, :3] / 65_535
    interpolation = UsdGeom.Tokens.constant if look.colours is None else UsdGeom.Tokens.vertex
    colours = mesh.CreateDisplayColorPrimvar(interpolation)
    colours.Set(Vt.Vec3fArray.FromNumpy(linear.astype(np.float32)))
    points, extent = mesh.CreatePointsAttr(), mesh.CreateExtentAttr()
    points.Set(Vt.Vec3fArray.FromNumpy(animation.template.astype(np.float32)))
    with progress.bar("write usd", animation.n_frames) as advance:
        for time, vertices in enumerate(animation.vertices):
            points.Set(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(vertices)), time)
            corners = np.stack([vertices.min(axis=0), vertices.max(axis=0)])
            extent.Set(Vt.Vec3fArray.FromNumpy(corners), time)
            if normals is not None:
                mesh.GetNormalsAttr().Set(Vt.Vec3fArray.FromNumpy(normals(vertices[None])[0]), time)
            advance()


def _tell(stage: Any, animation: Animation) -> None:
    """What USD has no place for, in the layer's own data."""
    from pxr import Vt

    stage.GetRootLayer().customLayerData = {
        "kmtalk": {
            "name": animation.name,
            "unit": animation.unit,
            "keyFrames": Vt.IntArray.FromNumpy(animation.key_frames.astype(np.int32)),
            "keySource": animation.key_source,
        }
    }


def _pack(layer: Path, sound: Path | None, package: Path) -> None:
    from pxr import Sdf

    with Sdf.ZipFileWriter.CreateNew(str(package)) as writer:
        writer.AddFile(str(layer), layer.name)
        if sound is not None:
            writer.AddFile(str(sound), sound.name)
