"""Animations of the same speech side by side: how far each lies from the captured one, vertex by vertex."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_align.errors import AnimationError
from kmtalk_model.animation import Animation

_log = logging.getLogger(__name__)
# Frames of the sound and of captured motion may differ by so many (as in a corpus): the longer is cut.
_SLACK = 2
# A recording that differs from the motion by more is said to.
_SAME_S = 0.1
# matplotlib's name of the colours of errors: evenly perceived, dark where there is none.
COLOUR_MAP = "inferno"
_PERCENTILE = 99.0
# What the vertices alone, as other tools write them, don't tell of their mesh and their speech.
_SHARED = ("unit", "faces", "regions", "words", "phones")


def matched(animations: Sequence[Animation]) -> list[Animation]:
    """The animations as they stand side by side: of equal length, and each with what others know of mesh and speech.

    Raises as `cut_to_shortest`.
    """
    cut = cut_to_shortest(animations)
    known = {name: next((found for one in cut if len(found := getattr(one, name))), None) for name in _SHARED}
    return [
        replace(
            one, **{name: found for name, found in known.items() if found is not None and not len(getattr(one, name))}
        )
        for one in cut
    ]


def cut_to_shortest(animations: Sequence[Animation]) -> list[Animation]:
    """The animations, cut to as many frames as the shortest has; key frames beyond are dropped.

    Raises AnimationError where they are of other meshes, units or frame rates, or differ by more than two frames: then
    they are not of the same speech.
    """
    first, shortest = animations[0], min(one.n_frames for one in animations)
    for one in animations[1:]:
        if one.vertices.shape[1] != first.vertices.shape[1] or len({"", one.unit, first.unit}) > 2:
            raise AnimationError(
                f"is of {_mesh(one)}, and {first.name} of {_mesh(first)}",
                where=one.name,
                fix="give animations of one mesh, in one unit",
            )
        if one.fps != first.fps:
            raise AnimationError(
                f"has {one.fps:g} frames a second, and {first.name} has {first.fps:g}",
                where=one.name,
                fix="give animations of one frame rate",
            )
    for one in animations:
        if one.n_frames - shortest > _SLACK:
            raise AnimationError(
                f"has {one.n_frames} frames, and another {shortest}", where=one.name, fix="give the same speech"
            )
        if one.n_frames > shortest:
            _log.warning("%s: cut from %d to %d frames, as many as all have", one.name, one.n_frames, shortest)
    return [_cut(one, shortest) for one in animations]


def vertex_error(predicted: Animation, captured: Animation) -> NDArray[np.float32]:
    """The distance of each vertex from the captured one at each frame, (T, V), in the animation's unit."""
    found: NDArray[np.float32] = np.linalg.norm(predicted.vertices - captured.vertices, axis=2)
    return found


def error_scale(errors: Sequence[NDArray[np.float32]]) -> float:
    """Where the colours of errors (T, V) end: at the 99th percentile of all, and above nought."""
    found = max((float(np.percentile(one, _PERCENTILE)) for one in errors), default=0.0)
    return found or 1.0


def say_what_sound_lacks(animation: Animation) -> None:
    """Warn where the recording lasts longer than the motion, and is cut, or less long, and silence follows it."""
    if animation.sound is None:
        return
    sound_s = animation.sound.samples / SAMPLE_RATE
    if abs(sound_s - animation.duration_s) > max(_SAME_S, _SLACK / animation.fps):
        what = "the sound is cut" if sound_s > animation.duration_s else "silence follows the sound"
        lasts = f"{animation.duration_s:.2f} s, its recording {sound_s:.2f} s"
        _log.warning("%s: lasts %s: %s", animation.name, lasts, what)


def _cut(one: Animation, n_frames: int) -> Animation:
    keys = one.key_frames[one.key_frames < n_frames]
    return replace(one, vertices=one.vertices[:n_frames], key_frames=keys)


def _mesh(one: Animation) -> str:
    return f"{one.vertices.shape[1]:,} vertices in {one.unit or 'an unknown unit'}"
