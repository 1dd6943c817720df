"""The frames of a sequence: `frame_<number>.vl`, in a folder or in a tar archive that is read and never unpacked."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tarfile import EOFHeaderError, HeaderError, ReadError  # type: ignore[attr-defined]
from threading import Lock
from typing import Self

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import CorpusError

_NAME = re.compile(r"frame_(\d+)\.vl")
_COUNT = np.dtype("<i4")
_COORDINATE = np.dtype("<f4")
# What tarfile and gzip raise for an archive that is damaged or cut off.
_DAMAGED = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error)


@dataclass(frozen=True)
class Frame:
    """One frame's file: its number, where it lies, its size in bytes, and how it is read.

    offset: where in its archive it begins; read in this order, a compressed archive is run through once.
    """

    number: int
    where: str
    offset: int
    size: int
    read: Callable[[], bytes]


def read_vl(content: bytes, where: str) -> NDArray[np.float32]:
    """Vertices (V, 3) of a .vl file: their number as int32, then their coordinates as float32, little-endian.

    Raises CorpusError where the file is longer or shorter than it says, or holds what is no number.
    """
    count = int(np.frombuffer(content[: _COUNT.itemsize], _COUNT)[0]) if len(content) >= _COUNT.itemsize else 0
    if count < 1:
        raise CorpusError("names no vertices", where=where)
    if len(content) != vl_size(count):
        raise CorpusError(
            f"has {len(content)} bytes, {vl_size(count)} belong to the {count} vertices that it names", where=where
        )
    vertices = np.frombuffer(content, _COORDINATE, offset=_COUNT.itemsize).reshape(count, 3)
    if not np.isfinite(vertices).all():
        raise CorpusError("holds NaN or infinite vertices", where=where)
    return vertices


def vl_size(vertex_count: int) -> int:
    """The bytes of a .vl file."""
    return _COUNT.itemsize + vertex_count * 3 * _COORDINATE.itemsize


@contextmanager
def frames_in_folder(folder: Path) -> Iterator[list[Frame]]:
    """The frames of an unpacked sequence, in order. Raises CorpusError where one is missing."""
    found = [
        Frame(number, str(path), 0, path.stat().st_size, partial(_read, path))
        for path in folder.rglob("*.vl")
        if (number := _number(path.name)) is not None
    ]
    yield _in_order(found, where=str(folder))


class _Member(tarfile.TarInfo):
    """A member of an archive. tarfile takes a damaged header after the first, or none, for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        """The next member. Raises ReadError where there is neither one nor the mark of the end."""
        try:
            return super().fromtarfile(tarfile)
        except EOFHeaderError:
            raise
        except HeaderError as error:
            raise ReadError(f"{error} at byte {tarfile.offset}") from error


class Archive:
    """A tar archive, compressed or not, of the frames of one sequence or of a whole subject.

    It stays open, and one thread at a time reads it: a compressed one is read on from where it is, since going back
    means to begin anew. Nothing of it is ever written to the disk, so names and links inside it can do no harm.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._tar: tarfile.TarFile | None = None
        self._frames: Mapping[str, list[Frame]] = {}

    @contextmanager
    def frames(self, sequence: str | None = None) -> Iterator[list[Frame]]:
        """The frames in the folder `sequence` of the archive, all where None, in order; [] where it lacks the folder.

        Raises CorpusError where the archive is damaged or a frame is missing.
        """
        with self._lock:
            self._open()
            if sequence is None:
                yield _in_order((one for frames in self._frames.values() for one in frames), where=str(self._path))
            else:
                chosen = self._frames.get(sequence, [])
                yield _in_order(chosen, where=f"{self._path}, {sequence}") if chosen else []

    def close(self) -> None:
        """Close the file."""
        if self._tar is not None:
            self._tar.close()
            self._tar = None

    def _open(self) -> None:
        """Open the archive and list its frames by the folder they lie in, once."""
        if self._tar is not None:
            return
        found: dict[str, list[Frame]] = {}
        try:
            self._tar = tarfile.open(self._path, tarinfo=_Member)  # noqa: SIM115 - it stays open
            for member in self._tar:
                place = PurePosixPath(member.name)
                number = _number(place.name)
                if member.isreg() and number is not None:
                    read = partial(self._content, self._tar, member)
                    where = f"{self._path}, {place.name}"
                    frame = Frame(number, where, member.offset_data, member.size, read)
                    found.setdefault(place.parent.name, []).append(frame)
        except _DAMAGED as error:
            self.close()
            raise _damaged(self._path, error) from error
        self._frames = found

    def _content(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        try:
            file = tar.extractfile(member)
            return b"" if file is None else file.read()
        except _DAMAGED as error:
            raise _damaged(self._path, error) from error


def _in_order(frames: Iterable[Frame], where: str) -> list[Frame]:
    """Frames by number, which runs on from 1 (or 0) without a gap. Raises CorpusError."""
    ordered = sorted(frames, key=lambda frame: frame.number)
    if not ordered:
        raise CorpusError("holds no frame_*.vl", where=where)
    for expected, frame in enumerate(ordered, start=min(ordered[0].number, 1)):
        if frame.number < expected:
            raise CorpusError(f"holds frame {frame.number} twice", where=where)
        if frame.number > expected:
            raise CorpusError(f"frame {expected} is missing", where=where, fix="unpack or copy it again")
    return ordered


def _number(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot be read ({error.strerror or error})", where=path) from error


def _damaged(path: Path, error: Exception) -> CorpusError:
    said = " ".join(str(error).split())  # tarfile says in a line for each compression why it was not that
    return CorpusError(
        f"is damaged or cut off ({type(error).__name__}: {said})", where=path, fix="download or copy it again"
    )
