"""A face in one panel; or in three, beside the captured one and with the error as colours on the mesh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import Camera, View, camera_on
from kmtalk_model.render.colours import HeatMap
from kmtalk_model.render.scene import Scene
from kmtalk_model.render.surface import Surface
from kmtalk_model.side_by_side import error_scale, vertex_error

ERROR = "error"
Picture = NDArray[np.uint8]


class Alone:
    """An animation in one panel."""

    def __init__(self, animation: Animation, view: View, width: int, height: int) -> None:
        """width, height: of a panel, in pixels. Raises RenderError where this machine can't draw."""
        self.labels: Sequence[str] = (animation.name,)
        self._animation = animation
        self._face = Surface(animation, view)
        self._scene = Scene([self._face.skin()], camera_of([animation], view, width / height), width, height)

    def draw(self, n: int) -> Picture:
        """Frame n, (height, width, 3), until the next one is drawn."""
        self._face.move(self._animation.vertices[n])
        return self._scene.draw()

    def close(self) -> None:
        """Free what the driver holds."""
        self._scene.close()


class Compared:
    """A prediction, the captured motion, and the distance of one from the other, in three panels.

    errors: (T, V); scale: where the colours of errors end.
    """

    def __init__(
        self, predicted: Animation, captured: Animation, view: View, width: int, height: int, scale: float | None = None
    ) -> None:
        """As Alone. The animations are of equal length; scale: in place of the errors' own."""
        self.labels: Sequence[str] = (predicted.name, captured.name, ERROR)
        self._predicted, self._captured = predicted, captured
        self.errors = vertex_error(predicted, captured)
        self.scale = scale or error_scale([self.errors])
        self._faces = Surface(predicted, view), Surface(captured, view)
        self._heat = self._faces[0].heat(HeatMap(self.scale))
        actors = [*(one.skin() for one in self._faces), self._heat.actor]
        self._scene = Scene(actors, camera_of([predicted, captured], view, width / height), width, height)

    def draw(self, n: int) -> Picture:
        """Frame n, (height, 3 * width, 3), until the next one is drawn."""
        return self._drawn(self._predicted.vertices[n], self._captured.vertices[n], self.errors[n])

    def draw_mean(self) -> Picture:
        """The mean of all frames, of errors too."""
        predicted, captured = (one.vertices.mean(axis=0) for one in (self._predicted, self._captured))
        return self._drawn(predicted, captured, self.errors.mean(axis=0))

    def close(self) -> None:
        """Free what the driver holds."""
        self._scene.close()

    def _drawn(
        self, predicted: NDArray[np.float32], captured: NDArray[np.float32], errors: NDArray[np.float32]
    ) -> Picture:
        self._faces[0].move(predicted)
        self._faces[1].move(captured)
        self._heat.show(errors)
        return self._scene.draw()


def camera_of(animations: Sequence[Animation], view: View, aspect: float) -> Camera:
    """One camera for all: it shows the faces at rest and, where a motion lies elsewhere, its mean."""
    faces = [face for one in animations for face in (one.template, one.vertices.mean(axis=0))]
    return camera_on(faces, view, aspect)
