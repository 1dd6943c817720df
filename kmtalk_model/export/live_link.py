"""CSV of face shapes, as the app Live Link Face writes it and Unreal's Live Link Face Importer reads it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import AnimationError
from kmtalk_align.files import write_bytes
from kmtalk_model.export.arkit import SHAPES, TURNS, arkit_name

_TIMECODE, _COUNT = "Timecode", "BlendShapeCount"
_PARTS = re.compile(r"(\d+):(\d\d):(\d\d):(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Take:
    """What a CSV holds: timecodes of the T frames, weights (T,) by ARKit's names, turns (T,) by columns' names."""

    timecodes: tuple[str, ...]
    weights: dict[str, NDArray[np.float64]]
    turns: dict[str, NDArray[np.float64]]


def timecode(frame: int, fps: float) -> str:
    """The timecode hh:mm:ss:ff.mmm of a frame, which counts whole frames: 30 of them a second at 29.97 fps."""
    rate = _counted(fps)
    seconds, rest = divmod(frame, rate)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{rest:02}.000"


def frame_of_timecode(code: str, fps: float) -> float:
    """The frame of a timecode, with its fraction. Raises AnimationError for one that is malformed."""
    found = _PARTS.fullmatch(code.strip())
    if found is None:
        raise AnimationError(f"{code!r} is no timecode hh:mm:ss:ff.mmm")
    hours, minutes, seconds = (int(one) for one in found.groups()[:3])
    return (3600 * hours + 60 * minutes + seconds) * _counted(fps) + float(found[4])


def write_live_link(path: Path, weights: Mapping[str, NDArray[np.floating]], fps: float) -> None:
    """Write weights (T,) by ARKit's names in one step; shapes that are not given, and all turns, are 0.

    Raises ArtefactError where it can't be written.
    """
    frames = max((len(one) for one in weights.values()), default=0)
    nothing = np.zeros(frames)
    columns = [weights.get(name, nothing) for name in SHAPES] + [nothing] * len(TURNS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_TIMECODE, _COUNT, *(name[0].upper() + name[1:] for name in SHAPES), *TURNS])
    for frame, row in enumerate(np.stack(columns, axis=1)):
        writer.writerow([timecode(frame, fps), len(columns), *(f"{one:.10f}" for one in row)])
    write_bytes(path, text.getvalue().encode())


def read_live_link(path: Path) -> Take:
    """What the CSV of a take holds, its columns in any order and case. Raises AnimationError for anything else."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file) if row]
        if [one.lower() for one in header[:2]] != [_TIMECODE.lower(), _COUNT.lower()]:
            raise ValueError(f"it begins with {', '.join(header[:2])}")
        values = np.array([[float(one) for one in row[2:]] for row in rows]).reshape(-1, len(header) - 2)
    except (OSError, ValueError, csv.Error) as error:
        raise AnimationError(f"is no CSV of Live Link Face ({error})", where=path) from error
    columns = dict(zip(header[2:], values.T, strict=True))
    named = {name: arkit_name(name) for name in columns}
    return Take(
        tuple(row[0] for row in rows),
        {arkit: columns[name] for name, arkit in named.items() if arkit is not None},
        {name: columns[name] for name, arkit in named.items() if arkit is None},
    )


def _counted(fps: float) -> int:
    return max(1, round(fps))
