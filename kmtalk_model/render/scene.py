"""Faces beside each other, lit, in a window that no screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.render.camera import ANGLE_DEG, Camera

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

BACKGROUND = (246, 247, 249)
# Lights by where they stand, seen from the camera (right, up, towards it), and how bright they are.
_LIGHTS = (((-0.5, 0.7, 0.9), 0.66), ((0.9, 0.2, 0.7), 0.3), ((0.0, 0.0, 1.0), 0.24))


class Scene:
    """A row of panels of equal size, each with one actor, all seen by one camera."""

    def __init__(self, actors: Sequence[vtkActor], camera: Camera, width: int, height: int) -> None:
        """width, height: of a panel, in pixels."""
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkRenderWindow

        self.width, self.height = width * len(actors), height
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetSize(self.width, self.height)
        # Drawn without a graphics card, several samples a pixel take twice the time; FXAA smooths edges for little.
        self._window.SetMultiSamples(0)
        seen = _vtk_camera(camera)
        for place, actor in enumerate(actors):
            renderer = _renderer(actor)
            renderer.SetActiveCamera(seen)
            renderer.SetViewport(place / len(actors), 0, (place + 1) / len(actors), 1)
            self._window.AddRenderer(renderer)
        self._pixels = vtkUnsignedCharArray()

    def draw(self) -> NDArray[np.uint8]:
        """The picture of all panels (height, width, 3), until the next one is drawn."""
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self._window.Render()
        self._window.GetPixelData(0, 0, self.width - 1, self.height - 1, 0, self._pixels, 0)
        pixels: NDArray[np.uint8] = vtk_to_numpy(self._pixels)
        return pixels.reshape(self.height, self.width, 3)[::-1]  # VTK counts rows from below

    def close(self) -> None:
        """Free what the driver holds."""
        self._window.Finalize()


def _renderer(actor: vtkActor) -> vtkRenderer:
    from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer

    renderer = vtkRenderer()
    renderer.SetBackground(*(one / 255 for one in BACKGROUND))
    renderer.UseFXAAOn()
    renderer.AutomaticLightCreationOff()
    for position, intensity in _LIGHTS:
        light = vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*position)
        light.SetFocalPoint(0, 0, 0)
        light.SetIntensity(intensity)
        renderer.AddLight(light)
    renderer.AddActor(actor)
    return renderer


def _vtk_camera(camera: Camera) -> Any:
    from vtkmodules.vtkRenderingCore import vtkCamera

    seen = vtkCamera()
    seen.SetPosition(*camera.position)
    seen.SetFocalPoint(*camera.target)
    seen.SetViewUp(*camera.up)
    seen.SetViewAngle(ANGLE_DEG)
    seen.SetClippingRange(camera.near, camera.far)
    return seen
