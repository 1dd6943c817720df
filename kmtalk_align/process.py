"""An outside program, run to its end or to a limit, its children with it; and what it said, in few words."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from kmtalk_align.errors import ConfigError

# A container ends with its client only if that is asked to end, not killed.
_GRACE_S = 5.0
# How often the size of what a program has printed is looked at, and how much of its errors is read.
_LOOK_S = 0.2
_ERRORS_BYTES = 65_536
_TAIL_LINES = 6
_DECORATION = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\u2500-\u257f]")


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, None where time ran out, and what it printed, errors too."""

    status: int | None
    output: str


@dataclass(frozen=True)
class EndedApart:
    """The same with output and errors apart, and of the errors the end; too_much: whether either exceeded its limit."""

    status: int | None
    output: bytes
    errors: str
    too_much: bool


def run(command: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> Ended:
    """Run a program without a shell. Raises ConfigError where it can't be started.

    It is the leader of a process group, which is ended with it, at the time limit, and when this process is
    interrupted.
    """
    # A file and no pipe: a child that outlives its parent would hold a pipe open.
    with tempfile.TemporaryFile() as output:
        with _started(command, environment, output, subprocess.STDOUT) as process:
            status = _wait(process, timeout_s, lambda: False)
        output.seek(0)
        return Ended(status, output.read().decode("utf-8", errors="replace"))


def run_apart(
    command: Sequence[str], environment: Mapping[str, str], timeout_s: float, *, most_bytes: int
) -> EndedApart:
    """As `run`, and a program that prints more than so many bytes, or as many errors, is ended too."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:

        def too_much() -> bool:
            return any(os.fstat(file.fileno()).st_size > most_bytes for file in (output, errors))

        with _started(command, environment, output, errors) as process:
            status = _wait(process, timeout_s, too_much)
        output.seek(0)
        errors.seek(max(0, os.fstat(errors.fileno()).st_size - _ERRORS_BYTES))
        said = errors.read().decode("utf-8", errors="replace")
        return EndedApart(status, output.read(most_bytes), said, too_much())


@contextlib.contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes], errors: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that reads nothing; at the end of the block it and its process group are ended."""
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(
            f"cannot be started ({error.strerror})", where=command[0], fix="is it installed, and on the PATH?"
        ) from error
    try:
        yield process
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], timeout_s: float, enough: Callable[[], bool]) -> int | None:
    """The exit status of a program; None where time ran out, or it has printed enough."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            return process.wait(min(_LOOK_S, max(0.0, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end or enough():
                return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and the whole of its process group, by force after a while."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # All are gone; macOS forbids it where all are dead.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def how(status: int, said: str) -> str:
    """How a program failed: its exit status or signal, and the last lines of what it said."""
    end = f"signal {-status}" if status < 0 else f"exit status {status}"
    last = tail(said)
    return f"{end}: {last}" if last else f"{end}, and said nothing"


def plain(output: str) -> str:
    """What a program printed, without colours, boxes and line breaks."""
    return " ".join(_DECORATION.sub(" ", output).split())


def tail(output: str) -> str:
    """The last lines of what a program printed, as one line: there Python names an error."""
    return " | ".join(lines_of(output)[-_TAIL_LINES:])


def lines_of(output: str) -> list[str]:
    """The lines that a program printed, without colours and boxes, and without empty ones."""
    return [line for line in map(plain, output.splitlines()) if line]
