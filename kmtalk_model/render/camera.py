"""Where the viewer stands: in front of the face at rest, at a distance that shows all of it, and still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError

# A long lens: a face seen from near looks swollen.
ANGLE_DEG = 16.0
# The share of a panel that the face at rest fills; an opened jaw needs the rest.
_FILLED = 0.92
_AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}


@dataclass(frozen=True)
class View:
    """From where a face is seen: the axes ("z", "-y") that point out of it and up, and degrees to its left."""

    front: str = "z"
    up: str = "y"
    turn_deg: float = 0.0

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        if abs(float(_axis(self.front, "front") @ _axis(self.up, "up"))) > 0:
            raise ConfigError("front and up are the same axis", where=f"{self.front}, {self.up}", fix="give two axes")

    @property
    def outwards(self) -> NDArray[np.float64]:
        """The unit vector that points out of the face, (3,)."""
        return _axis(self.front, "front")

    @property
    def forwards(self) -> NDArray[np.float64]:
        """The unit vector from the face to the viewer, (3,)."""
        left = np.cross(self.upwards, self.outwards)
        turn = np.deg2rad(self.turn_deg)
        return np.asarray(np.cos(turn) * self.outwards + np.sin(turn) * left, np.float64)

    @property
    def upwards(self) -> NDArray[np.float64]:
        """The unit vector that points up, (3,)."""
        return _axis(self.up, "up")


@dataclass(frozen=True)
class Camera:
    """A camera's place, what it looks at, and what is up, (3,) each; near, far: the distances it sees between."""

    position: NDArray[np.float64]
    target: NDArray[np.float64]
    up: NDArray[np.float64]
    near: float
    far: float


def camera_on(faces: Sequence[NDArray[np.floating]], view: View, aspect: float) -> Camera:
    """The camera that shows all the faces (V, 3) in panels `aspect` times as wide as they are high."""
    points = np.concatenate(list(faces)).astype(np.float64)
    right = np.cross(view.upwards, view.forwards)
    axes = np.stack([right, view.upwards, view.forwards])
    seen = points @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    width, height, depth = high - low
    # A mesh of a single point has no size.
    half = max(height, width / aspect, float(np.abs(high).max()) * 1e-6, 1e-12) / 2 / _FILLED
    distance = half / np.tan(np.deg2rad(ANGLE_DEG) / 2) + depth / 2
    target = (low + high) / 2 @ axes
    reach = 2 * half * max(aspect, 1) + depth
    return Camera(
        position=target + distance * view.forwards,
        target=target,
        up=view.upwards,
        near=max(distance - reach, distance / 100),
        far=distance + 2 * reach,
    )


def _axis(name: str, which: str) -> NDArray[np.float64]:
    letter = name.removeprefix("-").removeprefix("+")
    if letter not in _AXES:
        raise ConfigError("is not an axis", where=f"--{which} {name}", fix="give x, y, z, -x, -y or -z")
    return np.array(_AXES[letter], np.float64) * (-1.0 if name.startswith("-") else 1.0)
