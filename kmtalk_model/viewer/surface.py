"""The surface that a page draws: the mesh of an animation with insides in its openings, in the colours of a face.

The insides' points are put behind the mesh' own vertices in every frame, so that the page knows only vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.render.colours import insides, skin
from kmtalk_model.render.patches import Patch, close_openings


@dataclass(frozen=True)
class Surface:
    """What is drawn of V vertices and P points of insides. faces: (F, 3); colours: (V + P, 3)."""

    faces: NDArray[np.integer]
    colours: NDArray[np.uint8]
    patches: Sequence[Patch]
    view: View

    @classmethod
    def of(cls, face: Animation, view: View) -> Surface:
        """The surface of an animation's mesh; of one without faces, its vertices as they are."""
        count, patches, faces = len(face.template), list[Patch](), face.faces.astype(np.int64)
        if len(faces):
            own, patches = close_openings(face.faces, face.template, face.regions)
            first = count + np.cumsum([0, *(one.size for one in patches)])
            closing = [one.faces + start for one, start in zip(patches, first[:-1], strict=True)]
            faces = np.concatenate([own, *closing])
        return cls(faces, np.concatenate([skin(face, view.outwards), insides(patches)]), patches, view)

    def motion(self, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        """The motion (T, V + P, 3) of the surface over that of the vertices, (T, V, 3)."""
        if not self.patches:
            return vertices
        behind = [np.stack([one.points(frame, -self.view.forwards) for frame in vertices]) for one in self.patches]
        return np.concatenate([vertices, *behind], axis=1)
