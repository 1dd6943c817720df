"""The program viter in a process of its own: it ends the process where it meets what it did not foresee."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_align.process import Ended, lines_of, run, tail

# The versions that came within weeks of each other differ in what they align.
VERSION = "0.5.1"
INSTALL = "pip install -c constraints.txt -e '.[viter]'"
_MAIN = "import sys, viter; sys.exit(viter.main())"
_PHONES = "import json, sys, viter; print(json.dumps(viter.Model(sys.argv[1], cpu=True).phones))"
_MINUTE_S = 60.0
# Said hundreds of times in a training of little speech, and of no consequence.
_WARNING = "could not split up to target"
_ERRORS = ("error: ", "viter._viter.ViterError: ")


def check_installed() -> None:
    """Raise ConfigError where the package viter is not installed, or in another version."""
    if importlib.util.find_spec("viter") is None:
        raise ConfigError("the package viter is not installed", where="aligner viter", fix=INSTALL)
    if (found := version("viter")) != VERSION:
        raise ConfigError(f"the package viter is {found}, and {VERSION} is needed", where="aligner viter", fix=INSTALL)


def call(arguments: Sequence[str], timeout_s: float, threads: int = 1) -> Ended:
    """Run ``viter`` with arguments, on the processor."""
    return _run(["-c", _MAIN, *arguments], timeout_s, threads)


def phones_of(model: Path) -> list[str]:
    """The phones of a model's file. Raises ConfigError where viter can't read it."""
    ended = _run(["-c", _PHONES, str(model)], _MINUTE_S, 1)
    if ended.status != 0:
        raise ConfigError(reason(ended), where=model, fix="is it a model that viter wrote?")
    found: list[str] = json.loads(ended.output.splitlines()[-1])
    return found


def reason(ended: Ended) -> str:
    """Why a run failed, in viter's own words."""
    if ended.status is None:
        return "viter was ended, since it took too long"
    said = [line for line in lines_of(ended.output) if line.startswith(_ERRORS)]
    if said:
        return "viter says: " + said[-1].split(": ", 1)[1]
    end = f"signal {-ended.status}" if ended.status < 0 else f"exit status {ended.status}"
    lines = [line for line in ended.output.splitlines() if _WARNING not in line]
    return f"viter failed ({end}): {tail(chr(10).join(lines))}"


def _run(arguments: Sequence[str], timeout_s: float, threads: int) -> Ended:
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads), "NO_COLOR": "1", "RUST_BACKTRACE": "0"}
    return run([sys.executable, *arguments], environment, timeout_s)
