"""Reading a pickle as data: dicts, lists, strings, numbers and numpy arrays; nothing of it is run.

numpy's own names are never looked up either: its `__setstate__` takes a forged dtype at its word, and bytes for
pointers, which ends in a crash at an address that the file chooses. Stand-ins take their place. Each has a
`__setstate__`, so that a pickle's BUILD can't set attributes of a class that this process uses.
"""

from __future__ import annotations

import pickle
import pickletools
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError

# How the functions that rebuild an array are named by numpy 1 and 2, in pickles of Python 2 and 3.
_NUMPY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric")
# A memo entry may have any number, and pickle reserves room for all below it.
_MOST_MEMO_ENTRIES = 1_000_000
_OPCODES = {operation.code: operation for operation in pickletools.opcodes}


class RefusedPickleError(Exception):
    """A pickle names something that could run code; the message is its name."""


class PickledArray:
    """An array as a pickle describes it; `values` makes it."""

    def __init__(self, *_: object) -> None:
        self._state: tuple[Any, ...] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._state = state

    def values(self) -> NDArray[np.generic] | None:
        """The array, None where it holds no real numbers. Raises ValueError or TypeError where it is malformed."""
        if self._state is None:
            return None
        _, shape, dtype, fortran, data = self._state
        flat = _numbers(data, dtype)
        return None if flat is None else flat.reshape(shape, order="F" if fortran else "C")


class PickledScalar:
    """A number of numpy's own as a pickle describes it; `value` gives it."""

    def __init__(self, dtype: object = None, data: object = None, *_: object) -> None:
        self._dtype, self._data = dtype, data

    def __setstate__(self, state: object) -> None: ...

    def value(self) -> int | float | None:
        """Python's own number, None where it is none. Raises ValueError or TypeError where it is malformed."""
        found = _numbers(self._data, self._dtype)
        return None if found is None else found.reshape(()).item()


def read_pickle(path: Path, *, absent: str) -> Any:
    """The object of a pickle file, as `load_file` gives it; the file's content is never in memory beside it.

    absent: what to do where there is no such file. Raises CorpusError where it is missing, would run code, or is
    malformed.
    """
    try:
        with path.open("rb") as file:
            return load_file(file)
    except FileNotFoundError as error:
        raise CorpusError("is missing", where=path, fix=absent) from error
    except RefusedPickleError as error:
        raise CorpusError(
            f"holds {error}, which could run code",
            where=path,
            fix="the file may hold only numpy arrays, dicts, strings and numbers; save it again as such",
        ) from error
    except Exception as error:  # a malformed pickle raises nearly anything
        raise CorpusError(f"is not a readable pickle ({type(error).__name__}: {error})", where=path) from error


def load(content: bytes) -> Any:
    """As `load_file`, of a pickle's bytes."""
    return load_file(BytesIO(content))


def load_file(file: BinaryIO) -> Any:
    """The object of a pickle, arrays as PickledArray, numpy's own numbers as PickledScalar.

    Raises RefusedPickleError; nearly anything where malformed.
    """
    for name, argument in _operations(file):
        if name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument) > _MOST_MEMO_ENTRIES:
            raise ValueError("a memo entry has an absurd number")
    file.seek(0)
    return _DataUnpickler(file, encoding="latin1").load()


def number(value: object) -> int | float | None:
    """A pickle's number as Python's own, None where it is none. Raises ValueError or TypeError where malformed."""
    if isinstance(value, PickledScalar):
        value = value.value()
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _operations(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """The operations of a pickle and their arguments, to its end. Raises ValueError where it has none.

    As pickletools.genops, which takes no string of Python 2 that isn't ASCII in protocol 0.
    """
    name = ""
    while name != "STOP":
        code = file.read(1).decode("latin1")
        if code not in _OPCODES:
            raise ValueError(f"there is no operation {code!r}" if code else "it ends too early")
        operation = _OPCODES[code]
        name, argument = operation.name, None
        if name == "STRING":
            file.readline()
        elif operation.arg is not None:
            argument = operation.arg.reader(file)
        yield name, argument


def _numbers(data: object, dtype: object) -> NDArray[np.generic] | None:
    """The numbers that bytes hold, in a row; None where the type is no real number's."""
    if not isinstance(dtype, _Dtype) or not re.fullmatch("[fiu][1248]", dtype.code):
        return None
    if not isinstance(data, (str, bytes, bytearray)):
        raise TypeError(f"an array's content is {type(data).__name__}")
    content = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return np.frombuffer(content, np.dtype((dtype.order if dtype.order in ("<", ">") else "=") + dtype.code))


class _DataUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _NUMPY_MODULES and name in _STAND_INS:
            return _STAND_INS[name]
        if module == "numpy" and name in ("ndarray", "dtype"):
            return PickledArray if name == "ndarray" else _Dtype
        if (module, name) == ("_codecs", "encode"):
            return _Latin1
        if module in ("builtins", "__builtin__") and name == "bytes":
            return _NoBytes
        raise RefusedPickleError(f"{module}.{name}")


class _Dtype:
    """The type of an array: its code ("f8") and byte order."""

    def __init__(self, code: str, align: object = False, copy: object = False) -> None:
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


class _FromBuffer(PickledArray):
    """numpy's `_frombuffer`, protocol 5."""

    def __init__(self, data: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str, *_: object) -> None:
        super().__init__()
        self.__setstate__((1, shape, dtype, order == "F", data))


class _Latin1:
    """How Python 3 pickles bytes for protocol 2. Any other codec is refused."""

    def __new__(cls, text: str, encoding: str) -> Any:
        if encoding != "latin1":
            raise RefusedPickleError(f"_codecs.encode to {encoding}")
        return text.encode("latin1")

    def __setstate__(self, state: object) -> None: ...


class _NoBytes:
    """How protocol 2 names empty bytes."""

    def __new__(cls) -> Any:
        return b""

    def __setstate__(self, state: object) -> None: ...


_STAND_INS = {"_reconstruct": PickledArray, "scalar": PickledScalar, "_frombuffer": _FromBuffer}
