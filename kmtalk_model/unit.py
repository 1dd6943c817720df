"""Units of length by their names."""

from __future__ import annotations

_METRES = {
    "metre": 1.0,
    "meter": 1.0,
    "m": 1.0,
    "centimetre": 0.01,
    "centimeter": 0.01,
    "cm": 0.01,
    "millimetre": 0.001,
    "millimeter": 0.001,
    "mm": 0.001,
    "inch": 0.0254,
    "inches": 0.0254,
    "in": 0.0254,
    "foot": 0.3048,
    "feet": 0.3048,
    "ft": 0.3048,
}


def metres(unit: str) -> float | None:
    """How many metres a unit is, by its name in the singular or plural; None where it is not known."""
    name = unit.lower()
    return _METRES.get(name, _METRES.get(name.removesuffix("s")))


def shown_length(value: float, unit: str) -> str:
    """A length as people read it: metres in millimetres, any other unit as it is."""
    return f"{value * 1e3:.2g} mm" if metres(unit) == 1 else f"{value:.3g} {unit}".strip()
