"""A command that is ended while MFA runs."""

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

from kmtalk_align.aligners.mfa.config import MfaConfig

PATIENCE_S = 60.0


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


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
