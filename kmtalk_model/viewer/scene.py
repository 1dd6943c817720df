"""What a page shows: animations of the same speech, made fit to stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.side_by_side import matched
from kmtalk_model.unit import shown_length
from kmtalk_model.viewer.errors import Errors
from kmtalk_model.viewer.grid import Grid
from kmtalk_model.viewer.surface import Surface
from kmtalk_model.viewer.timing import timing


@dataclass(frozen=True)
class Scene:
    """Models of the same speech, and the captured motion where it is known; `labels`: their names, each another."""

    models: Sequence[Animation]
    captured: Animation | None
    labels: Sequence[str]
    view: View

    @classmethod
    def of(cls, models: Sequence[Animation], captured: Animation | None = None, view: View | None = None) -> Scene:
        """The scene of animations, cut to the shortest. Raises AnimationError where they don't belong together."""
        cut = matched([*models, captured] if captured else models)
        labels = distinct([one.name for one in cut])
        return cls(cut[: len(models)], cut[-1] if captured else None, labels, view or View())

    @property
    def animations(self) -> list[Animation]:
        """All of them, the captured one last."""
        return [*self.models, *([self.captured] if self.captured else [])]

    @cached_property
    def grid(self) -> Grid:
        """The grid that all positions are put on."""
        return Grid.around(self.motions)

    @cached_property
    def surface(self) -> Surface:
        """What is drawn: `matched` has given each animation the faces and regions that any has."""
        return Surface.of(self.animations[0], self.view)

    @cached_property
    def motions(self) -> list[NDArray[np.float32]]:
        """The motion of the surface in each animation, (T, V + P, 3)."""
        return [self.surface.motion(one.vertices) for one in self.animations]

    @property
    def unit(self) -> str:
        """The unit of length, "" where none of them tells it."""
        return self.animations[0].unit

    @property
    def bound(self) -> str:
        """How far a coordinate may lie from the animation's own, as people read it."""
        return shown_length(self.grid.bound, self.unit)

    @property
    def sound(self) -> Path | None:
        """The recording: of the first animation that has one."""
        return next((Path(one.sound.path) for one in self.animations if one.sound), None)

    @property
    def title(self) -> str:
        """What is said, where it is known; else the names."""
        said = " ".join(one.label for one in self.animations[0].words if one.label.strip())
        return said or ", ".join(self.labels)

    def about(self) -> dict[str, Any]:
        """All that the page needs but motion, faces and sound, as JSON knows it."""
        first = self.animations[0]
        errors = Errors.of(self.models, self.captured, self.unit) if self.captured else None
        return {
            "fps": first.fps,
            "frames": first.n_frames,
            "vertices": first.vertices.shape[1],
            "points": self.motions[0].shape[1],
            "side": self.grid.side,
            "box": self.grid.box,
            "view": {"forwards": self.view.forwards.tolist(), "upwards": self.view.upwards.tolist()},
            **timing(self.animations, self.labels, first.duration_s),
            "animations": [
                {
                    "name": label,
                    "captured": one is self.captured,
                    "error": errors.course(number) if errors and one is not self.captured else None,
                }
                for number, (one, label) in enumerate(zip(self.animations, self.labels, strict=True))
            ],
            "errors": errors.about() if errors else None,
        }


def distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where several are equal."""
    found: list[str] = []
    for name in names:
        number, label = 1, name
        while label in found:
            number += 1
            label = f"{name} ({number})"
        found.append(label)
    return found
