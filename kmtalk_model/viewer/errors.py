"""What a page says of errors: their scale and colours, and each model's course over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.colours import colour_table
from kmtalk_model.side_by_side import error_scale, vertex_error
from kmtalk_model.unit import shown_length


@dataclass(frozen=True)
class Errors:
    """Errors of the models against the captured motion; they share one scale.

    scale: where the colours end, in `unit`; courses: for each model, the mean over all vertices at each frame, (T,).
    """

    scale: float
    courses: Sequence[NDArray[np.float64]]
    unit: str

    @classmethod
    def of(cls, models: Sequence[Animation], captured: Animation, unit: str) -> Errors:
        """The errors of models that are as long as the captured motion."""
        found = [vertex_error(one, captured) for one in models]
        return cls(error_scale(found), [one.mean(axis=1, dtype=np.float64) for one in found], unit)

    def about(self) -> dict[str, Any]:
        """The scale of the colour bar and of the curves, as JSON knows it."""
        top = max(float(one.max()) for one in self.courses)
        return {
            "scale": self.scale,
            "marks": [shown_length(self.scale * share, self.unit) for share in (0, 0.5, 1)],
            "colours": colour_table().tolist(),
            "top": top or 1.0,
            "topShown": shown_length(top, self.unit),
        }

    def course(self, model: int) -> dict[str, Any]:
        """One model's course, in numbers and as people read them."""
        course = self.courses[model]
        return {
            "mean": shown_length(float(course.mean()), self.unit),
            "course": [float(f"{value:.4g}") for value in course],
            "shown": [shown_length(float(value), self.unit) for value in course],
        }
