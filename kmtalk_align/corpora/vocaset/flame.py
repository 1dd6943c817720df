"""What a user's FLAME files say of the mesh: regions from FLAME_masks.pkl, faces from a template's .ply or .obj."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora import mesh
from kmtalk_align.corpora.data_pickle import PickledArray, read_pickle
from kmtalk_align.errors import CorpusError

MASKS_FILE = "FLAME_masks.pkl"
# Lips: psyai-net/SelfTalk_release, SelfTalk.py. The upper face of FDD: DiffSpeaker, alm/models/losses/utils.py, since
# SelfTalk's own choice is not published.
_REGIONS = {"lips": ("lips",), "upper_face": ("forehead", "eye_region")}


def find_masks(root: Path, given: str | None) -> Path | None:
    """FLAME_masks.pkl: the path `given` in the block, else beside the data set's files; None where there is none."""
    beside = root / MASKS_FILE
    return Path(given) if given else beside if beside.is_file() else None


def read_regions(path: Path, vertex_count: int) -> dict[str, list[int]]:
    """Vertices of `lips` (250 of FLAME's) and `upper_face` (827), each once, sorted.

    The mask of the lips names four of its 254 vertices twice; metrics and losses are the same without. Raises
    CorpusError.
    """
    masks = read_pickle(path, absent="correct the key masks of the corpus block")
    if not isinstance(masks, dict):
        raise CorpusError("holds no dict of region to vertices", where=path)
    return {
        region: sorted({vertex for name in names for vertex in _indices(masks, name, path, vertex_count)})
        for region, names in _REGIONS.items()
    }


def read_faces(root: Path, given: str | None, vertex_count: int) -> NDArray[np.int32] | None:
    """Faces (F, 3) of the template `given` in the block, else of a mesh beside the data set's files; None without one.

    Raises CorpusError.
    """
    return mesh.read_faces_of(Path(given), vertex_count) if given else mesh.read_faces(root, vertex_count)


def _indices(masks: dict[object, object], name: str, path: Path, vertex_count: int) -> list[int]:
    value = masks.get(name)
    try:
        indices = value.values() if isinstance(value, PickledArray) else None
    except Exception as error:  # as malformed as its file
        raise CorpusError(f"mask {name} is malformed ({type(error).__name__}: {error})", where=path) from error
    if indices is None or indices.dtype.kind not in "iu" or indices.ndim != 1 or indices.size == 0:
        raise CorpusError(f"holds no list of vertices {name!r}", where=path, fix="is it FLAME's own file?")
    if int(indices.min()) < 0 or int(indices.max()) >= vertex_count:
        raise CorpusError(f"mask {name} names vertices beyond the template's {vertex_count}", where=path)
    return [int(one) for one in indices]
