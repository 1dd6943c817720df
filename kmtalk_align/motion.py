"""Captured motion: the vertices of an utterance, mapped from the file that its corpus keeps them in."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpus import Motion
from kmtalk_align.errors import ArtefactError


def vertices(motion: Motion, root: Path, *, n_frames: int) -> NDArray[np.floating]:
    """Vertices (n_frames, V, 3) in the corpus' unit, mapped into memory: only what is used is read.

    root: the corpus' root, which `motion.path` is relative to; n_frames: of the utterance, which may be a little fewer
    than the file holds. Raises ArtefactError where the file is gone or no longer what `prepare` saw.
    """
    path = root / motion.path
    try:
        status = path.stat()
        stored = _mapped(path, (status.st_size, status.st_mtime_ns, status.st_ino))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot be read ({error})", where=path, fix="prepare the corpus again") from error
    rows: NDArray[np.floating] = stored[motion.first_row : motion.first_row + motion.rows : motion.stride][:n_frames]
    if len(rows) < n_frames:
        raise ArtefactError(
            f"has {len(rows)} frames, {n_frames} are expected", where=path, fix="prepare the corpus again"
        )
    # A copy would read the whole file: the last axis is split in place, which a step over whole rows allows.
    return rows if rows.ndim == 3 else rows.reshape(n_frames, -1, 3, copy=False)


@lru_cache(maxsize=1024)  # training reads each file once an epoch, and opening it takes longer than reading it
def _mapped(path: Path, _state: tuple[int, int, int]) -> NDArray[np.floating]:
    found: NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found
