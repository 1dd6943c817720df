"""templates.pkl: neutral vertices by subject, out of a pickle that is read as data, or into one that all can read."""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.data_pickle import PickledArray, read_pickle
from kmtalk_align.errors import CorpusError


def read_templates(path: Path) -> dict[str, NDArray[np.float32]]:
    """Neutral vertices (V, 3) by subject from FaceFormer's templates.pkl, a dict of arrays (V, 3) or (V * 3,).

    Raises CorpusError where the file is missing, would run code, or holds anything else.
    """
    loaded = read_pickle(path, absent="a corpus with motion needs its templates")
    if not isinstance(loaded, dict) or not loaded:
        raise CorpusError("holds no dict of subject to vertices", where=path)
    templates = {str(subject): _vertices(value, f"{path}: template {subject}") for subject, value in loaded.items()}
    if len({len(template) for template in templates.values()}) > 1:
        counts = {subject: len(template) for subject, template in templates.items()}
        raise CorpusError(f"the templates differ in vertex count: {counts}", where=path)
    return templates


def pickled_templates(templates: Mapping[str, NDArray[np.float32]]) -> bytes:
    """templates.pkl as FaceFormer's loader reads it, with numpy 1 and 2: a dict of subject to vertices (V, 3).

    numpy 2 pickles arrays by a function of ``numpy._core``, which numpy 1 lacks, and still knows its name of old.
    Protocol 2 holds a name as a plain line, without its length.
    """
    plain = {subject: np.ascontiguousarray(template, np.float32) for subject, template in templates.items()}
    content = pickle.dumps(plain, protocol=2)
    parts, done = [], 0
    for operation, argument, position in pickletools.genops(content):
        if operation.name == "GLOBAL" and str(argument).startswith("numpy._core."):
            start = int(position or 0) + 1  # after the opcode
            parts += [content[done:start], b"numpy.core."]
            done = start + len("numpy._core.")
    return b"".join([*parts, content[done:]])


def _vertices(value: object, where: str) -> NDArray[np.float32]:
    try:
        values = value.values() if isinstance(value, PickledArray) else None
    except Exception as error:  # as malformed as its file
        raise CorpusError(f"is malformed ({type(error).__name__}: {error})", where=where) from error
    if values is None:
        raise CorpusError("is not an array of numbers", where=where)
    flat = max(values.shape, default=0) == values.size
    rows = values.ndim >= 2 and values.shape[-1] == 3 and values.shape[-2] * 3 == values.size
    if values.size == 0 or values.size % 3 or not (flat or rows):
        raise CorpusError(f"has shape {values.shape}, not (V, 3)", where=where)
    vertices = np.ascontiguousarray(values.reshape(-1, 3), dtype=np.float32)
    if not np.isfinite(vertices).all():
        raise CorpusError("holds NaN or infinite vertices", where=where)
    return vertices
