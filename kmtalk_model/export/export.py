"""An animation to the format that a person asks for, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable, refuse_occupied
from kmtalk_model.animation import Animation
from kmtalk_model.export.arkit import SHAPES
from kmtalk_model.export.basis import load_basis
from kmtalk_model.export.gltf import write_gltf
from kmtalk_model.export.live_link import write_live_link
from kmtalk_model.export.sequence import write_sequence
from kmtalk_model.export.usd import write_usd
from kmtalk_model.export.weights import solve_weights
from kmtalk_model.unit import shown_length

# Of a division.
_ROUNDING = 1e-9


def export(
    animation: Animation,
    output: Path,
    to: str,
    *,
    tolerance: float | None = None,
    metres_per_unit: float | None = None,
    basis: Path | None = None,
) -> Iterator[str]:
    """Write an animation to `output`; gives lines about what was written. Raises KMTalkError.

    to: a name of FORMATS; tolerance and metres_per_unit as `write_gltf` and `write_usd` take them; basis: of ARKit
    shapes, which csv needs.
    """
    if to in ("obj", "ply"):
        refuse_occupied(output)
    else:
        check_writable(output)
    if to == "gltf":
        yield from _gltf(animation, output, tolerance, metres_per_unit)
    elif to == "usd":
        write_usd(animation, output, metres=metres_per_unit)
        yield f"{output}: {_length(animation)}, points of every frame"
    elif to == "csv":
        yield from _csv(animation, output, basis)
    elif to == "npy":
        animation.save(output)
        yield f"{output}: float32 ({animation.n_frames}, {3 * len(animation.template)})"
    else:
        kind: Literal["obj", "ply"] = "obj" if to == "obj" else "ply"
        yield f"{write_sequence(animation, output, kind)} and so on: {_length(animation)}, and sequence.json"
    if animation.sound is not None and to not in ("usd", "npy"):
        yield f"its sound stays where it is: {animation.sound.path}"


def _gltf(animation: Animation, output: Path, tolerance: float | None, metres: float | None) -> Iterator[str]:
    made = write_gltf(animation, output, tolerance=tolerance, metres=metres)
    unit = "metre" if animation.unit or metres else ""
    yield (
        f"{output}: {_length(animation)}, {made.shapes} morph targets, "
        f"every vertex of every frame within {shown_length(_upwards(made.worst_m), unit)} "
        f"(tolerance {shown_length(made.tolerance_m, unit)})"
    )


def _csv(animation: Animation, output: Path, basis: Path | None) -> Iterator[str]:
    if basis is None:
        raise ConfigError(
            "weights of ARKit's shapes need the shapes", fix="give --basis FILE.npz, or a folder of .obj or .ply"
        )
    found = solve_weights(animation, load_basis(basis))
    write_live_link(output, found.weights, animation.fps)
    mean, worst = (shown_length(one, animation.unit) for one in (found.mean_distance, found.worst_distance))
    yield (
        f"{output}: {animation.n_frames} frames of {len(found.weights)} shapes; "
        f"vertices lie {mean} off on average, {worst} at worst"
    )
    for names, what in (
        (tuple(name for name in SHAPES if name not in found.weights), "not in the basis, so 0"),
        (found.unseen, "move nothing in the basis, so 0"),
        (found.ambiguous, "do what others do together, so that their weights are a choice"),
    ):
        if names:
            yield f"{what}: {', '.join(names)}"


def _upwards(value: float) -> float:
    """A value rounded up to the two digits that are shown of it: a bound stays one."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(value / step - _ROUNDING) * step


def _length(animation: Animation) -> str:
    return f"{animation.n_frames} frames of {len(animation.template):,} vertices at {animation.fps:g} fps"
