"""Colours of vertices: skin by regions, errors by a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.render.patches import Colour, Patch
from kmtalk_model.render.topology import Indices, connected_parts, edges_of, enclosed
from kmtalk_model.side_by_side import COLOUR_MAP

Colours = NDArray[np.uint8]

_SKIN: Colour = (230, 205, 188)
_LIPS: Colour = (204, 138, 128)
# By region, as far as a corpus names them; later ones are painted over earlier ones.
_REGIONS: dict[str, Colour] = {
    "mouth_interior": (104, 46, 46),
    "eyes": (240, 238, 235),
    "tongue": (190, 104, 100),
    "upper_teeth": (242, 238, 228),
    "lower_teeth": (242, 238, 228),
}
_IRIS: Colour = (70, 62, 58)
# The cosine of half the angle that an iris takes of its eyeball.
_IRIS_COSINE = 0.95
# Of the heat map's insides: neither an error's colour nor the background's.
_NO_ERROR_HERE: Colour = (92, 96, 102)


def skin(animation: Animation, forwards: NDArray[np.float64]) -> Colours:
    """The colours (V, 3) of a face at rest; forwards: the unit vector that points out of it, where its eyes look."""
    count = len(animation.template)
    found = np.full((count, 3), _SKIN, np.uint8)
    regions = {name: np.array(one, np.int64) for name, one in animation.regions.items() if len(one)}
    if "lips" in regions:
        found[regions["lips"]] = _LIPS
        found[enclosed(animation.faces, regions["lips"], count)] = _LIPS
    for name, colour in _REGIONS.items():
        if name in regions:
            found[regions[name]] = colour
    if "eyes" in regions:
        found[_irises(animation, regions["eyes"], forwards)] = _IRIS
    return found


def insides(patches: Sequence[Patch]) -> Colours:
    """The colours (P, 3) of the points of patches as they look."""
    return _by_patch(patches, [one.colour for one in patches])


def without_error(patches: Sequence[Patch]) -> Colours:
    """The colours (P, 3) of the points of patches where errors are shown."""
    return _by_patch(patches, [_NO_ERROR_HERE] * len(patches))


class HeatMap:
    """Errors as colours, from nought to a scale."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._table = colour_table()

    def colours(self, errors: NDArray[np.floating]) -> Colours:
        """The colours (V, 3) of errors (V,)."""
        last = len(self._table) - 1
        place = np.minimum(errors * (last / self.scale) + 0.5, last).astype(np.intp)
        return np.asarray(self._table[place])


def colour_table() -> Colours:
    """The colours of errors from nought to the scale's end, (256, 3)."""
    import matplotlib

    table = matplotlib.colormaps[COLOUR_MAP](np.linspace(0, 1, 256))
    return np.asarray(np.round(table[:, :3] * 255), np.uint8)


def _irises(animation: Animation, eyes: Indices, forwards: NDArray[np.float64]) -> Indices:
    """The vertices of eyeballs that lie foremost."""
    edges = edges_of(animation.faces)
    part = connected_parts(edges[np.isin(edges, eyes).all(axis=1)], len(animation.template))
    found = []
    for one in np.unique(part[eyes]):
        ball = eyes[part[eyes] == one]
        points = animation.template[ball].astype(np.float64)
        outwards = points - (points.min(axis=0) + points.max(axis=0)) / 2
        length = np.linalg.norm(outwards, axis=1)
        found.append(ball[outwards @ forwards > _IRIS_COSINE * length])
    return np.concatenate(found)


def _by_patch(patches: Sequence[Patch], colours: Sequence[Colour]) -> Colours:
    parts = [np.full((one.size, 3), colour, np.uint8) for one, colour in zip(patches, colours, strict=True)]
    return np.concatenate([np.zeros((0, 3), np.uint8), *parts])
