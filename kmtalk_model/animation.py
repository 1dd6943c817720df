"""Animation: what inference gives, and what every exporter takes; and its two file formats.

``.npz``: everything, as arrays that any numpy reads without pickles. ``.npy``: the vertices alone, (T, V * 3), as the
tools around FaceFormer, CodeTalker and SelfTalk write and render them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_align.files import new_file

SUFFIXES = (".npz", ".npy")
_FORMAT = "kmtalk animation 1"
_ARRAYS = ("vertices", "template", "faces", "key_frames")
# What is further out than this is no place: squares of distances, in another unit too, would leave float32.
_FURTHEST = 1e12
# Of frames a second, the fewest and the most: nobody films a face at others, and seconds or pixels would be countless.
_RATES = 0.1, 100_000
# Boundaries of intervals may be off by rounding.
_ROUNDING_S = 1e-6


@dataclass(frozen=True)
class Sound:
    """The recording that an animation was made of: its file as it was given, and its samples at 16 kHz."""

    path: str
    samples: int


@dataclass(frozen=True)
class Animation:
    """A moving face: frame n stands for the time n / fps.

    vertices: (T, V, 3) float32 in `unit`; template: the face at rest, (V, 3); faces: (F, 3) vertex indices, (0, 3)
    where the corpus has none; regions: vertex indices by name; key_frames: (m,) 0-based, and `key_source`, what they
    come from (as in the table of key frames); words, phones: in time, () where unknown. Raises AnimationError for
    arrays that don't fit together. name: whose motion it is, a run's name or "captured", for labels.
    """

    vertices: NDArray[np.float32]
    fps: float
    template: NDArray[np.float32]
    faces: NDArray[np.int32]
    unit: str
    key_frames: NDArray[np.int32]
    key_source: str
    words: tuple[Interval, ...] = ()
    phones: tuple[Interval, ...] = ()
    regions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sound: Sound | None = None
    name: str = ""

    def __post_init__(self) -> None:
        """Raises AnimationError."""
        _check(self)

    @property
    def n_frames(self) -> int:
        """T."""
        return len(self.vertices)

    @property
    def duration_s(self) -> float:
        """How long it plays."""
        return self.n_frames / self.fps

    def save(self, path: Path) -> None:
        """Write it in the format that the suffix names, in one step. Raises ConfigError or ArtefactError."""
        check_suffix(path)
        with new_file(path) as temporary, temporary.open("wb") as file:
            if path.suffix == ".npy":
                np.save(file, self.vertices.reshape(self.n_frames, -1), allow_pickle=False)
            else:
                arrays = {name: getattr(self, name) for name in _ARRAYS}
                np.savez(file, **arrays, about=np.array(json.dumps(self._about(), ensure_ascii=False, sort_keys=True)))

    @classmethod
    def load(cls, path: Path) -> Animation:
        """The animation of a .npz file that `save` wrote. Raises AnimationError for anything else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in _ARRAYS}
                about = json.loads(str(file["about"]))
            if about.pop("format") != _FORMAT:
                raise ValueError("it is of another version")
            for tier in ("words", "phones"):
                about[tier] = tuple(Interval(**one) for one in about[tier])
            about["regions"] = {name: tuple(indices) for name, indices in about["regions"].items()}
            about["sound"] = about["sound"] and Sound(**about["sound"])
            return cls(**arrays, **about)
        except AnimationError as error:
            raise AnimationError(error.what, where=path) from error
        except Exception as error:  # numpy's reader raises nearly anything for a malformed file
            raise AnimationError(
                f"is no animation of kmtalk ({type(error).__name__}: {error})",
                where=path,
                fix="give a .npz file that `kmtalk animate` wrote",
            ) from error

    def _about(self) -> dict[str, Any]:
        """What is not an array, as JSON knows it."""
        return {
            "format": _FORMAT,
            "name": self.name,
            "fps": self.fps,
            "unit": self.unit,
            "key_source": self.key_source,
            "words": [asdict(one) for one in self.words],
            "phones": [asdict(one) for one in self.phones],
            "regions": {name: list(indices) for name, indices in self.regions.items()},
            "sound": asdict(self.sound) if self.sound else None,
        }


def check_suffix(path: Path) -> None:
    """Raise ConfigError where a file's suffix names no format of animations."""
    if path.suffix not in SUFFIXES:
        raise ConfigError(
            f"animations are not written as {path.suffix or 'a file without suffix'}",
            where=path,
            fix=f"name it {path.stem}.npz (everything) or {path.stem}.npy (the vertices alone)",
        )


def _check(one: Animation) -> None:
    shape = one.vertices.shape
    if len(shape) != 3 or shape[2] != 3 or 0 in shape or one.vertices.dtype != np.float32:
        raise AnimationError(f"its vertices are {one.vertices.dtype} of shape {shape}, not float32 (T, V, 3)")
    if one.template.shape != shape[1:]:
        raise AnimationError(f"its template has shape {one.template.shape}, its vertices {shape}")
    if one.template.dtype != np.float32:
        raise AnimationError(f"its template is {one.template.dtype}, not float32")
    if one.faces.ndim != 2 or one.faces.shape[1] != 3:
        raise AnimationError(f"its faces have shape {one.faces.shape}, not (F, 3)")
    if one.key_frames.ndim != 1:
        raise AnimationError(f"its key frames have shape {one.key_frames.shape}, not (m,)")
    _check_indices(one.faces, shape[1], "faces")
    _check_indices(one.key_frames, shape[0], "key frames")
    for name, region in one.regions.items():
        _check_indices(np.array(region, np.int64), shape[1], f"vertices of {name}")
    if not _RATES[0] <= one.fps <= _RATES[1]:
        raise AnimationError(f"it has {one.fps} frames a second, not {_RATES[0]} to {_RATES[1]:,}")
    for what, points in (("vertices", one.vertices), ("template", one.template)):
        _check_points(points, what)
    _check_said(one)


def _check_points(points: NDArray[np.float32], what: str) -> None:
    if not np.isfinite(points).all():
        raise AnimationError(f"its {what} hold NaN or infinite values")
    if max(points.max(), -points.min()) > _FURTHEST:
        raise AnimationError(f"its {what} lie further out than {_FURTHEST:g}")


def _check_said(one: Animation) -> None:
    """Text that is text, times that are times: a file may hold anything."""
    for what, text in (("name", one.name), ("unit", one.unit), ("source of key frames", one.key_source)):
        _check_text(text, what)
    if one.sound is not None:
        _check_text(one.sound.path, "sound's path", of_system=True)
        if not isinstance(one.sound.samples, int) or one.sound.samples < 0:
            raise AnimationError(f"its sound has {one.sound.samples!r} samples")
    for what, tier in (("words", one.words), ("phones", one.phones)):
        for each in tier:
            _check_text(each.label, f"label among {what}")
            if not -_ROUNDING_S <= each.start_s <= each.end_s < float("inf"):
                raise AnimationError(f"its {what} hold {each.label!r} from {each.start_s} to {each.end_s} s")


def _check_text(text: object, what: str, *, of_system: bool = False) -> None:
    # Names of files that are no UTF-8 are text to Python, but to no file that is written.
    try:
        if not isinstance(text, str):
            raise ValueError("it is none")
        os.fsencode(text) if of_system else text.encode()
    except ValueError as error:
        raise AnimationError(f"its {what} is no text: {text!r}") from error


def _check_indices(indices: NDArray[np.signedinteger], count: int, what: str) -> None:
    if indices.dtype.kind not in "iu" or (indices.size and not 0 <= indices.min() <= indices.max() < count):
        raise AnimationError(f"its {what} are not indices below {count}")
