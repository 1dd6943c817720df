"""The colours of a face by its regions, as far as a corpus names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmtalk_model.animation import Animation

# Later ones are painted over earlier ones; a vertex of none of them has the colour of skin.
_SKIN = "#dcc3b2"
_REGIONS = {
    "mouth_interior": "#602c2c",
    "lips": "#c58a7f",
    "eyes": "#eeece8",
    "tongue": "#ba6460",
    "upper_teeth": "#f0ece2",
    "lower_teeth": "#f0ece2",
}


def paint(animations: Sequence[Animation]) -> dict[str, Any]:
    """The colour of skin, and those of regions with their vertices, of the first animation that names regions."""
    named = next((one.regions for one in animations if one.regions), {})
    return {
        "skin": _SKIN,
        "regions": [[colour, list(named[name])] for name, colour in _REGIONS.items() if name in named],
    }
