"""`kmtalk render`, measured beside a bare loop of VTK and ffmpeg in the same run.

    python tests/benchmarks/render.py [--frames 75] [--height 512] [--rounds 3] [--largest]

The bare loop draws the same meshes at the same size in as many panels, with normals by VTK, and pipes the pixels to
the same ffmpeg: VTK's own light, one colour, no labels, no strip, no sound. It runs twice: as VTK comes, with eight
samples a pixel, and with edges smoothed by FXAA as ours are. All take turns; a first round is left out. Printed are the
medians of the ratios in wall time, and in processor time, ffmpeg's included, which says more on a busy machine. Nothing
is asserted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from kmtalk_align.aligners.base import Interval
from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_model.animation import Animation, Sound
from kmtalk_model.render.camera import View
from kmtalk_model.render.encoder import Encoder
from kmtalk_model.render.machine import check_drawing
from kmtalk_model.render.video import Film, render_video

FPS = 25.0
# Rows and columns of a curved sheet: as many vertices as the face of MediaPipe, the demo's head, BIWI's face.
SHEETS = ((18, 26), (60, 80), (142, 164))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=75)
    parser.add_argument("--height", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--largest", action="store_true", help="the largest mesh alone")
    options = parser.parse_args()
    check_drawing()
    with tempfile.TemporaryDirectory() as folder:
        for rows, columns in SHEETS[-1:] if options.largest else SHEETS:
            predicted = moving_sheet(rows, columns, options.frames, 0.0, Path(folder))
            captured = moving_sheet(rows, columns, options.frames, 0.3, Path(folder))
            for beside in (None, captured):
                measure(predicted, beside, options.height, options.rounds, Path(folder) / "out.mp4")


def measure(predicted: Animation, captured: Animation | None, height: int, rounds: int, target: Path) -> None:
    """Print how long each takes."""

    def ours() -> None:
        render_video(predicted, target, captured=captured, height=height)

    def bare() -> None:
        bare_loop(predicted, captured, height, target, samples=8)

    def bare_smoothed() -> None:
        bare_loop(predicted, captured, height, target, samples=0)

    took: dict[Callable[[], None], list[NDArray[np.float64]]] = {ours: [], bare: [], bare_smoothed: []}
    for number in range(rounds + 1):
        for run, found in took.items():
            begin = clocks()
            run()
            if number:
                found.append(clocks() - begin)
    print(
        f"{len(predicted.template):6,} vertices, {3 if captured else 1} panels {height} px high: "
        f"{predicted.n_frames / np.median(took[ours], axis=0)[0]:5.1f} frames a second;",
        *(f"{name} {_ratios(took[ours], took[one])};" for name, one in (("bare", bare), ("FXAA", bare_smoothed))),
        flush=True,
    )


def _ratios(ours: list[NDArray[np.float64]], bare: list[NDArray[np.float64]]) -> str:
    wall, processor = np.median(np.array(ours) / np.array(bare), axis=0)
    return f"{wall:.2f} wall, {processor:.2f} processor"


def clocks() -> NDArray[np.float64]:
    """Seconds on the wall, and of the processor for this process and those that it has ended."""
    used = os.times()
    return np.array([time.perf_counter(), used.user + used.system + used.children_user + used.children_system])


def bare_loop(predicted: Animation, captured: Animation | None, height: int, target: Path, samples: int) -> None:
    """Nothing but drawing and encoding, at the size that the video has; without samples, FXAA."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints, vtkUnsignedCharArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkTriangleMeshPointNormals
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkRenderWindow

    width, full_height = size_of(predicted, captured, height)
    motions = [predicted.vertices] if captured is None else [predicted.vertices, captured.vertices, predicted.vertices]
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetSize(width, height)
    window.SetMultiSamples(samples)
    points = []
    for place, motion in enumerate(motions):
        moving = vtkPoints()
        moving.SetData(numpy_to_vtk(motion[0].copy()))
        cells = vtkCellArray()
        offsets = np.arange(0, predicted.faces.size + 1, 3, dtype=np.int64)
        corners = numpy_to_vtkIdTypeArray(predicted.faces.ravel().astype(np.int64), deep=True)
        cells.SetData(numpy_to_vtkIdTypeArray(offsets, deep=True), corners)
        mesh = vtkPolyData()
        mesh.SetPoints(moving)
        mesh.SetPolys(cells)
        normals = vtkTriangleMeshPointNormals()
        normals.SetInputData(mesh)
        mapper = vtkPolyDataMapper()
        mapper.SetInputConnection(normals.GetOutputPort())
        actor = vtkActor()
        actor.SetMapper(mapper)
        renderer = vtkRenderer()
        renderer.SetViewport(place / len(motions), 0, (place + 1) / len(motions), 1)
        renderer.SetUseFXAA(not samples)
        renderer.AddActor(actor)
        renderer.ResetCamera()
        renderer.GetActiveCamera().Zoom(1.5)
        window.AddRenderer(renderer)
        points.append(moving)
    pixels = vtkUnsignedCharArray()
    picture = np.full((full_height, width, 3), 255, np.uint8)
    with Encoder(target, (width, full_height), predicted.fps, predicted.n_frames, None) as encoder:
        for n in range(predicted.n_frames):
            for moving, motion in zip(points, motions, strict=True):
                vtk_to_numpy(moving.GetData())[:] = motion[n]
                moving.Modified()
            window.Render()
            window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
            picture[:height] = vtk_to_numpy(pixels).reshape(height, width, 3)[::-1]
            encoder.write(picture)
    window.Finalize()


def size_of(predicted: Animation, captured: Animation | None, height: int) -> tuple[int, int]:
    """The width and height of our video."""
    film = Film(predicted, captured, View(), height)
    film.close()
    return film.size


def moving_sheet(rows: int, columns: int, frames: int, late: float, folder: Path) -> Animation:
    """A curved sheet as large as a face, through which a wave runs; with a tone, phones and key frames."""
    y, x = np.mgrid[0.09 : -0.09 : rows * 1j, -0.07 : 0.07 : columns * 1j]
    template = np.stack([x, y, 0.05 * np.cos(x * 20)], axis=-1).reshape(-1, 3).astype(np.float32)
    wave = np.sin(60 * template[None, :, 1] + np.arange(frames)[:, None] / 3 + late)
    motion = template + 0.004 * wave[..., None] * np.array([0, 0.3, 1])
    sound = folder / f"{frames}.wav"
    soundfile.write(sound, 0.2 * np.sin(np.arange(round(frames / FPS * SAMPLE_RATE)) / 8), SAMPLE_RATE)
    steps = np.arange(0, frames / FPS, 0.08)
    phones = tuple(Interval(start, start + 0.08, "AE") for start in steps.tolist())
    words = tuple(Interval(start, start + 0.24, "cat") for start in steps[::3].tolist())
    keys = np.arange(0, frames, 2, dtype=np.int32)
    heard = Sound(str(sound), round(frames / FPS * SAMPLE_RATE))
    faces = triangles(rows, columns)
    animated = motion.astype(np.float32)
    return Animation(animated, FPS, template, faces, "metre", keys, "phoneme", words, phones, sound=heard, name="sheet")


def triangles(rows: int, columns: int) -> NDArray[np.int32]:
    """The faces of a sheet."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    upper = np.stack([corner, corner + columns, corner + 1], axis=1)
    lower = np.stack([corner + 1, corner + columns, corner + columns + 1], axis=1)
    return np.concatenate([upper, lower]).astype(np.int32)


if __name__ == "__main__":
    main()
