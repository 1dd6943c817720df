"""An outside program and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kmtalk_align.aligners.mfa import process
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.errors import ConfigError

PATIENCE_S = 60.0


def python(code: str, timeout_s: float = PATIENCE_S) -> process.Ended:
    return process.run([sys.executable, "-c", code], os.environ, timeout_s)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_what_it_prints_and_its_status_are_known() -> None:
    ended = python("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert ended == process.Ended(3, "out\nerr\n")


def test_bytes_that_are_no_utf8_do_no_harm() -> None:
    assert python(r"import sys; sys.stdout.buffer.write(b'a\xffb')").output == "a\ufffdb"


def test_it_reads_nothing_from_the_terminal() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").output == "''\n"


def test_much_output_does_not_stop_it() -> None:
    assert len(python("print('x' * 3_000_000)").output) == 3_000_001


def test_a_child_that_keeps_the_output_open_does_not_hold_it_up() -> None:
    begin = time.monotonic()
    ended = python(
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])\n"
        "print(child.pid)"
    )
    assert time.monotonic() - begin < 15
    os.kill(int(ended.output), signal.SIGKILL)


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


def test_a_command_that_is_ended_ends_mfa_and_leaves_nothing(
    fake: Callable[..., MfaConfig], tmp_path: Path, demo_root: Path
) -> None:
    (tmp_path / "scratch").mkdir()
    block = {"backend": "mfa", "command": list(fake("hang").command)}
    recording = demo_root / "wav" / "kal_sentence01.flac"
    arguments = ["localize", str(recording), "--transcript", "a word", "--aligner", json.dumps(block)]
    kmtalk = [sys.executable, "-c", "from kmtalk_align.cli import main; main()"]
    running = subprocess.Popen([*kmtalk, *arguments], env=os.environ | {"TMPDIR": str(tmp_path / "scratch")})
    try:
        child = tmp_path / "child.pid"
        end = time.monotonic() + PATIENCE_S
        while not (child.is_file() and child.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        running.terminate()
        assert running.wait(PATIENCE_S) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert gone(int(child.read_text()))
    assert list((tmp_path / "scratch").iterdir()) == []
