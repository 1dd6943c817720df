"""The colours of a face where light is reckoned: linear, as glTF wants them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.render.colours import skin


@dataclass(frozen=True)
class Paint:
    """factor: the material's colour, in [0, 1]; colours: by vertex, (V, 4) uint16, None where all are alike."""

    factor: tuple[float, float, float]
    colours: NDArray[np.uint16] | None


def paint(animation: Animation) -> Paint:
    """Skin all over, or lips, eyes, teeth and tongue in their colours where the animation names their vertices."""
    linear = _linear(skin(animation, View().outwards))
    if (linear == linear[0]).all():
        red, green, blue = linear[0].tolist()
        return Paint((red, green, blue), None)
    opaque = np.concatenate([linear, np.ones((len(linear), 1))], axis=1)
    return Paint((1.0, 1.0, 1.0), np.round(opaque * 65_535).astype(np.uint16))


def _linear(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Colours of sRGB as amounts of light (IEC 61966-2-1)."""
    share = colours / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
