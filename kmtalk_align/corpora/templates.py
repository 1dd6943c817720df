"""templates.pkl: neutral vertices by subject, out of a pickle that may hold nothing but data."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError

# All that a pickle of numpy arrays, dicts, strings and numbers names, by numpy 1 and 2, Python 2 and 3.
_NUMPY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")


def read_templates(path: Path) -> dict[str, NDArray[np.float32]]:
    """Neutral vertices (V, 3) by subject from FaceFormer's templates.pkl, a dict of arrays (V, 3) or (V * 3,).

    Raises CorpusError where the file is missing, would run code, or holds anything else.
    """
    try:
        with path.open("rb") as file:
            loaded = _DataUnpickler(file, encoding="latin1", path=path).load()
    except FileNotFoundError as error:
        raise CorpusError("is missing", where=path, fix="a corpus with motion needs its templates") from error
    except CorpusError:
        raise
    except Exception as error:  # a malformed pickle raises nearly anything
        raise CorpusError(f"is not a readable pickle ({type(error).__name__}: {error})", where=path) from error
    if not isinstance(loaded, dict) or not loaded:
        raise CorpusError("holds no dict of subject to vertices", where=path)
    templates = {str(subject): _vertices(value, subject, path) for subject, value in loaded.items()}
    if len({len(template) for template in templates.values()}) > 1:
        counts = {subject: len(template) for subject, template in templates.items()}
        raise CorpusError(f"the templates differ in vertex count: {counts}", where=path)
    return templates


class _DataUnpickler(pickle.Unpickler):
    """Loads numpy arrays, dicts, lists, strings and numbers; refuses every other name before it is looked up."""

    def __init__(self, *args: Any, path: Path, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        if module in _NUMPY_MODULES and name in ("_reconstruct", "scalar", "_frombuffer"):
            return getattr(__import__(module.replace("numpy.core", "numpy._core"), fromlist=[name]), name)
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        if (module, name) == ("_codecs", "encode"):
            return _encode_latin1
        if module in ("builtins", "__builtin__") and name == "bytes":
            return bytes
        raise CorpusError(
            f"holds {module}.{name}, which could run code",
            where=self._path,
            fix="a templates file may hold only numpy arrays, dicts, strings and numbers; save it again as such",
        )


def _encode_latin1(text: str, encoding: str = "latin1") -> bytes:
    """How Python 3 pickles bytes for protocol 2. Any other codec is refused."""
    if encoding != "latin1":
        raise ValueError(f"codec {encoding}")
    return text.encode("latin1")


def _vertices(value: object, subject: object, path: Path) -> NDArray[np.float32]:
    where = f"{path}: template {subject}"
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        raise CorpusError("is not an array of numbers", where=where)
    if value.size == 0 or value.size % 3 or (value.ndim == 2 and value.shape[1] != 3 and 1 not in value.shape):
        raise CorpusError(f"has shape {value.shape}, not (V, 3)", where=where)
    vertices = np.ascontiguousarray(value.reshape(-1, 3), dtype=np.float32)
    if not np.isfinite(vertices).all():
        raise CorpusError("holds NaN or infinite vertices", where=where)
    return vertices
