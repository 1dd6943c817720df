"""Pickles as Python 2 writes them: its `str` is bytes, which no pickler of Python 3 gives."""

from __future__ import annotations

import struct

import numpy as np


class Global:
    """A name that a pickle looks up, called with arguments where there are any."""

    def __init__(self, module: str, name: str, *arguments: object) -> None:
        self.module, self.name, self.arguments = module, name, arguments


def dumps(value: object, protocol: int) -> bytes:
    """What cPickle of Python 2 writes with protocol 0 or 2: dicts, str, int, float, arrays, numbers of numpy, None."""
    writer = _Text() if protocol == 0 else _Binary()
    return writer.start + writer.write(value) + b"."


class _Writer:
    start = b""

    def __init__(self) -> None:
        self._memo = 0

    def write(self, value: object) -> bytes:
        if isinstance(value, dict):
            items = b"".join(self.write(key) + self.write(one) + b"s" for key, one in value.items())
            return self.empty_dict() + self.put() + items
        if isinstance(value, bool):
            return self.truth(value)
        if isinstance(value, (str, bytes)):
            return self.text(value.encode() if isinstance(value, str) else value) + self.put()
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, float):
            return self.real(value)
        if isinstance(value, tuple):
            return b"(" + b"".join(map(self.write, value)) + b"t" + self.put()
        if isinstance(value, Global):
            found = f"c{value.module}\n{value.name}\n".encode() + self.put()
            return found + self.write(value.arguments) + b"R" + self.put() if value.arguments else found
        if isinstance(value, np.generic):
            return self.write(Global("numpy.core.multiarray", "scalar", _Dtype(value.dtype), value.tobytes()))
        if isinstance(value, _Dtype):
            made = self.write(Global("numpy", "dtype", value.code, False, True))
            return made + self.write((3, value.order, None, None, None, -1, -1, 0)) + b"b"
        if isinstance(value, np.ndarray):
            made = self.write(Global("numpy.core.multiarray", "_reconstruct", Global("numpy", "ndarray"), (0,), "b"))
            state = (1, value.shape, _Dtype(value.dtype), False, value.tobytes())
            return made + self.write(state) + b"b"
        assert value is None, type(value)
        return b"N"

    def put(self) -> bytes:
        self._memo += 1
        return self.put_at(self._memo - 1)

    def put_at(self, number: int) -> bytes:
        raise NotImplementedError

    def empty_dict(self) -> bytes:
        raise NotImplementedError

    def truth(self, value: bool) -> bytes:
        raise NotImplementedError

    def text(self, value: bytes) -> bytes:
        raise NotImplementedError

    def integer(self, value: int) -> bytes:
        raise NotImplementedError

    def real(self, value: float) -> bytes:
        raise NotImplementedError


class _Text(_Writer):
    """Protocol 0."""

    def put_at(self, number: int) -> bytes:
        return b"p%d\n" % number

    def empty_dict(self) -> bytes:
        return b"(d"

    def truth(self, value: bool) -> bytes:
        return b"I01\n" if value else b"I00\n"

    def text(self, value: bytes) -> bytes:
        return b"S" + repr(value)[1:].encode() + b"\n"

    def integer(self, value: int) -> bytes:
        return b"I%d\n" % value

    def real(self, value: float) -> bytes:
        return b"F" + repr(value).encode() + b"\n"


class _Binary(_Writer):
    """Protocol 2."""

    start = b"\x80\x02"

    def put_at(self, number: int) -> bytes:
        return b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number)

    def empty_dict(self) -> bytes:
        return b"}"

    def truth(self, value: bool) -> bytes:
        return b"\x88" if value else b"\x89"

    def text(self, value: bytes) -> bytes:
        return (b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value))) + value

    def integer(self, value: int) -> bytes:
        return b"K" + bytes([value]) if 0 <= value < 256 else b"J" + struct.pack("<i", value)

    def real(self, value: float) -> bytes:
        return b"G" + struct.pack(">d", value)


class _Dtype:
    """A dtype as numpy pickles it: code and byte order."""

    def __init__(self, dtype: np.dtype) -> None:
        self.code, self.order = dtype.str[1:], dtype.str[0]
