"""What formats of meshes have no place for, and their files carry as a note."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmtalk_align.aligners.base import Interval
from kmtalk_align.files import relative
from kmtalk_model.animation import Animation


def note(animation: Animation, folder: Path) -> dict[str, Any]:
    """Name, frame rate, unit, key frames, words and phones of an animation, as JSON knows them.

    `sound` is the recording's path as seen from the folder, left out where there is none.
    """
    sound = {} if animation.sound is None else {"sound": relative(animation.sound.path, folder)}
    return {
        **sound,
        "name": animation.name,
        "fps": animation.fps,
        "frames": animation.n_frames,
        "unit": animation.unit,
        "key_frames": animation.key_frames.tolist(),
        "key_source": animation.key_source,
        "words": _intervals(animation.words),
        "phones": _intervals(animation.phones),
    }


def _intervals(tier: Sequence[Interval]) -> list[dict[str, Any]]:
    return [{"start_s": one.start_s, "end_s": one.end_s, "label": one.label} for one in tier]
