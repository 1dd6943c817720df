"""An outside program, run to its end or to a time limit, its children with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kmtalk_align.errors import ConfigError

# A container ends with its client only if that is asked to end, not killed.
_GRACE_S = 5.0


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, None where time ran out, and what it printed, errors too."""

    status: int | None
    output: str


def run(command: Sequence[str], environment: Mapping[str, str], timeout_s: float) -> Ended:
    """Run a program without a shell. Raises ConfigError where it can't be started.

    It is the leader of a process group, which is ended at the time limit and when this process is interrupted.
    """
    # A file and no pipe: a child that outlives its parent would hold a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise ConfigError(
                f"cannot be started ({error.strerror})", where=command[0], fix="is it installed, and on the PATH?"
            ) from error
        status: int | None = None
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.returncode is None:
                _end(process)
        output.seek(0)
        return Ended(status, output.read().decode("utf-8", errors="replace"))


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
