"""Words, phones and key frames as a page's timeline shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kmtalk_align.aligners.base import Interval
from kmtalk_align.phones import is_silence
from kmtalk_model.animation import Animation


def timing(animations: Sequence[Animation], labels: Sequence[str], duration_s: float) -> dict[str, Any]:
    """Words and phones, which all share; key frames of all, those that are the same together."""
    return {
        "words": _intervals(animations[0].words, duration_s),
        "phones": _intervals(animations[0].phones, duration_s),
        "keys": _keys(animations, labels),
    }


def _intervals(tier: Sequence[Interval], duration_s: float) -> list[list[Any]]:
    """Start, end and label of what is spoken, within the animation."""
    return [
        [one.start_s, min(one.end_s, duration_s), one.label]
        for one in tier
        if not is_silence(one.label) and one.start_s < duration_s
    ]


def _keys(animations: Sequence[Animation], labels: Sequence[str]) -> list[dict[str, Any]]:
    rows: dict[tuple[int, ...], dict[str, Any]] = {}
    for one, label in zip(animations, labels, strict=True):
        frames = tuple(sorted({int(frame) for frame in one.key_frames}))
        if frames:
            rows.setdefault(frames, {"of": [], "source": one.key_source, "frames": list(frames)})["of"].append(label)
    return list(rows.values())
