"""Metres: what glTF is in, and what USD says of its unit."""

from __future__ import annotations

import logging

from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.unit import metres

_log = logging.getLogger(__name__)
# Of a unit, in metres: with others, coordinates would leave float32.
_LENGTHS = 1e-9, 1e6


def metres_per_unit(animation: Animation, given: float | None = None) -> float:
    """How many metres the animation's unit is; `given` overrides what its name says.

    1 for a unit that is not known, which is said: the face then has as many metres as it had units. Raises ConfigError
    where `given` is no size.
    """
    if given is not None:
        if not _LENGTHS[0] <= given <= _LENGTHS[1]:
            fix = f"give a length from {_LENGTHS[0]:g} to {_LENGTHS[1]:g}"
            raise ConfigError(f"a unit of {given} metres is none", where="--metres-per-unit", fix=fix)
        return given
    found = metres(animation.unit)
    if found is None:
        what = f"its unit is {animation.unit!r}" if animation.unit else "its unit is not known"
        _log.warning("%s: %s, taken as a metre; --metres-per-unit says how long it is", animation.name, what)
        return 1.0
    return found
