"""An outside program and its end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from kmtalk_align import process
from kmtalk_align.errors import ConfigError

PATIENCE_S = 60.0


def python(code: str, timeout_s: float = PATIENCE_S) -> process.Ended:
    return process.run([sys.executable, "-c", code], os.environ, timeout_s)


def apart(code: str, timeout_s: float = PATIENCE_S, most_bytes: int = 1000) -> process.EndedApart:
    return process.run_apart([sys.executable, "-c", code], os.environ, timeout_s, most_bytes=most_bytes)


def gone(pid: int) -> bool:
    """Whether a process that was killed is no more; the system may take a moment."""
    end = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_what_it_prints_and_its_status_are_known() -> None:
    ended = python("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert ended == process.Ended(3, "out\nerr\n")


def test_bytes_that_are_no_utf8_do_no_harm() -> None:
    assert python(r"import sys; sys.stdout.buffer.write(b'a\xffb')").output == "a\ufffdb"


def test_it_reads_nothing_from_the_terminal() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").output == "''\n"


def test_much_output_does_not_stop_it() -> None:
    assert len(python("print('x' * 3_000_000)").output) == 3_000_001


LEAVES_A_CHILD = (
    "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'])\n"
    "print(child.pid)"
)


def test_a_child_that_keeps_the_output_open_does_not_hold_it_up_and_ends_with_it() -> None:
    begin = time.monotonic()
    ended = python(LEAVES_A_CHILD)
    assert time.monotonic() - begin < 60
    assert ended.status == 0
    assert gone(int(ended.output))


def test_at_the_time_limit_it_is_asked_to_end(tmp_path: Path) -> None:
    ended = python(
        "import pathlib, signal, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(tmp_path / 'asked')!r}).touch(), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(60)",
        timeout_s=5.0,
    )
    assert ended.status is None
    assert ended.output == "ready\n"
    assert (tmp_path / "asked").is_file()


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no-such-program: cannot be started"):
        process.run(["no-such-program"], os.environ, 1.0)


# output and errors apart


def test_output_and_errors_are_known_apart() -> None:
    ended = apart(r"import sys; sys.stdout.buffer.write(b'a\xff'); print('err', file=sys.stderr); sys.exit(3)")
    assert ended == process.EndedApart(3, b"a\xff", "err\n", too_much=False)


def test_of_many_errors_the_last_are_known() -> None:
    ended = apart("import sys; [print(f'line {one}', file=sys.stderr) for one in range(100_000)]", most_bytes=2_000_000)
    assert ended.errors.endswith("line 99998\nline 99999\n")
    assert len(ended.errors) <= 65_536


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_prints_without_end_is_ended(stream: str) -> None:
    begin = time.monotonic()
    ended = apart(f"import sys\nwhile True: sys.{stream}.write('word ' * 1000)")
    assert time.monotonic() - begin < PATIENCE_S
    assert (ended.status, ended.too_much) == (None, True)
    assert len(ended.output) <= 1000


@pytest.mark.parametrize(("count", "too_much"), [(1000, False), (1001, True)])
def test_what_has_printed_too_much_is_told_though_it_ended_by_itself(count: int, too_much: bool) -> None:
    ended = apart(f"print('x' * {count}, end='')")
    assert (ended.status, ended.too_much, len(ended.output)) == (0, too_much, 1000)


def test_the_time_limit_holds_apart_too() -> None:
    ended = apart("import time; print('ready', flush=True); time.sleep(90)", timeout_s=3.0)
    assert (ended.status, ended.too_much) == (None, False)


# what it said


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (3, "", "exit status 3, and said nothing"),
        (1, "one\n\n\x1b[31mtwo\x1b[0m\n", "exit status 1: one | two"),
        (-9, "half", "signal 9: half"),
        (1, "\n".join("abcdefgh"), "exit status 1: c | d | e | f | g | h"),
    ],
)
def test_how_it_failed_is_told_in_one_line(status: int, said: str, told: str) -> None:
    assert process.how(status, said) == told
