"""Files that are never half-written, and file names for any utterance id."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from kmtalk_align.errors import ArtefactError

TEMPORARY_PREFIX = ".tmp-"


def _temporary_beside(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtefactError(
            f"cannot be written ({error.strerror or error})",
            where=target,
            fix="check that the folder exists, is writable and has room",
        ) from error


def write_bytes(target: Path, content: bytes) -> None:
    """Put `content` at `target` in one step: a reader sees the old file or the new one, never half of one."""
    temporary = _temporary_beside(target)
    with _writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(content)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def check_writable(target: Path) -> None:
    """Raise ArtefactError where `target` can't be written: before long work, not after it."""
    temporary = _temporary_beside(target)
    with _writing(target):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.touch()
        finally:
            temporary.unlink(missing_ok=True)


def refuse_input(target: Path, *inputs: Path | None) -> None:
    """Raise ArtefactError where `target` is one of the files that are read: it would be lost."""
    for one in inputs:
        if one is not None and target.exists() and one.exists() and target.samefile(one):
            raise ArtefactError("is what is read, and would be overwritten", where=target, fix="give another output")


def check_room(target: Path, size: int, *, of: str) -> None:
    """Raise ArtefactError where the disk of `target` has not the room for so many bytes: before long work."""
    there = next(folder for folder in (target.absolute(), *target.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if size > free:
        raise ArtefactError(
            f"{of} will take about {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free",
            where=target,
            fix="make room, or choose a folder on another disk",
        )


def write_bytes_if_changed(target: Path, content: bytes) -> bool:
    """As `write_bytes`, but an equal file is left untouched, its time stamp too. True where it was written."""
    if target.is_file() and target.read_bytes() == content:
        return False
    write_bytes(target, content)
    return True


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A path to write a large file to, which takes the place of `target` when the block ends without an exception."""
    temporary = _temporary_beside(target)
    with _writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _writing(target):
            temporary.touch()
            mode = temporary.stat().st_mode
            yield temporary
            temporary.chmod(mode)  # a library that replaces the file (safetensors) may close it to others
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the place of `target` when the block ends without an exception."""
    temporary = _temporary_beside(target)
    try:
        with _writing(target):
            temporary.mkdir(parents=True)
        yield temporary
        with _writing(target):
            if target.exists():
                shutil.rmtree(target)
            temporary.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_occupied(target: Path) -> None:
    """Raise ArtefactError where something lies at `target`: an export never deletes what it did not make."""
    with _writing(target):  # a name may be too long even to be looked for
        if target.is_dir() and not any(target.iterdir()):
            return
    if target.exists() or target.is_symlink():
        what = "is a folder that holds something already" if target.is_dir() else "is a file"
        raise ArtefactError(what, where=target, fix="give a new folder, or empty this one yourself")


def directory_once(target: Path, fill: Callable[[Path], None]) -> None:
    """The folder `target`, filled by `fill` unless it is there: whole or not at all, and never replaced.

    Where two processes make it at once, the first one's counts. Raises ArtefactError where it can't be written.
    """
    if target.is_dir():
        return
    temporary = _temporary_beside(target)
    try:
        with _writing(target):
            temporary.mkdir(parents=True)
            fill(temporary)
            try:
                temporary.rename(target)
            except OSError:
                if not target.is_dir():
                    raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def digest_of(paths: Iterable[Path]) -> str:
    """What tells whether files hold what they held, whatever they are called: 16 digits of a SHA-256."""
    total = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{total.hexdigest()[:16]}"


def relative(path: str | Path, folder: Path) -> str:
    """A path as seen from a folder, with `/` on every system."""
    return Path(os.path.relpath(path, folder)).as_posix()


def encode_id(utterance_id: str) -> str:
    """The utterance id as a file name: percent-encoded, so that spaces, slashes and any script are safe."""
    return quote(utterance_id, safe="")


def find_for_id(folder: Path, utterance_id: str, suffix: str) -> Path | None:
    """The file of an utterance in a user's folder: its percent-encoded id, or the id as it stands."""
    for stem in (encode_id(utterance_id), utterance_id):
        path = folder / f"{stem}{suffix}"
        try:
            if path.is_file():
                return path
        except OSError:  # too long for a file name
            continue
    return None
