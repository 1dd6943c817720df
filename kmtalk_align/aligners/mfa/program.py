"""The program `mfa`: whether it is there in a version that we know, and what its ends mean."""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from kmtalk_align.aligners.mfa.command import environment
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.errors import AlignmentError, ConfigError
from kmtalk_align.process import Ended, how, plain, run, tail

INSTALL = "conda create -n mfa -c conda-forge 'montreal-forced-aligner>=3.4,<4'"
# From 4.0 on the command `align` takes other arguments.
_LEAST, _BELOW = (3, 4), (4, 0)
_VERSION = re.compile(r"^\s*v?(\d+)\.(\d+)(\.\S+)?\s*$", re.MULTILINE)
_NO_MODEL = re.compile(r'Could not find a model named "([^"]+)" for (\w+)')


def check_version(command: Sequence[str], timeout_s: float) -> str:
    """The version of MFA that `command` starts. Raises ConfigError where that fails, or is not >= 3.4 and < 4.

    A program `mfa` proves nothing: that of PyPI lacks its compiled part and fails at any command.
    """
    where = f"{shlex.join(command)} version"
    fix = f"{INSTALL}, and set the aligner's command, such as [conda, run, -n, mfa, mfa]"
    try:
        # MFA writes to its root whenever it starts, and a home may not be writable.
        with tempfile.TemporaryDirectory(prefix="kmtalk-mfa-", ignore_cleanup_errors=True) as root:
            ended = run([*command, "version"], environment(tuple(command), Path(root)), timeout_s)
    except ConfigError as error:
        raise ConfigError(error.what, where=where, fix=fix) from error
    if ended.status is None:
        raise ConfigError(f"gave no answer in {timeout_s:g} s", where=where, fix="raise timeout_s, or mend the program")
    if ended.status != 0:
        raise ConfigError(f"failed ({how(ended.status, ended.output)})", where=where, fix=fix)
    found = _VERSION.findall(ended.output)
    if not found:
        raise ConfigError(f"names no version: {tail(ended.output)!r}", where=where, fix=fix)
    major, minor, rest = found[-1]
    version = f"{major}.{minor}{rest}"
    if not _LEAST <= (int(major), int(minor)) < _BELOW:
        raise ConfigError(f"is {version}, and 3.4 or later under 4 is needed", where=where, fix=fix)
    return version


def failure_of(ended: Ended, config: MfaConfig) -> AlignmentError | None:
    """Why a run of ``mfa align`` gave nothing; None where it ended well.

    Raises ConfigError where MFA refused what it was called with: then no other set fares better.
    """
    if ended.status == 0:
        return None
    if ended.status is None:
        return AlignmentError(
            f"MFA was ended after {config.timeout_s:g} s",
            fix="raise timeout_s if the set is large, else align it again",
        )
    if ended.status == 2:
        raise _refused(ended, config)
    return AlignmentError(f"MFA failed ({how(ended.status, ended.output)})", fix="the log says more")


def _refused(ended: Ended, config: MfaConfig) -> ConfigError:
    output = plain(ended.output)
    missing = _NO_MODEL.search(output)
    if missing is None:
        return ConfigError(f"MFA refused its arguments: {tail(ended.output)}", where="aligner block")
    name, kind = missing.groups()
    return ConfigError(
        f"MFA has no {kind} model {name!r}",
        where="aligner block",
        fix=f"fetch it: {_download(config, kind, name)}, or give the path of a file",
    )


def _download(config: MfaConfig, kind: str, name: str) -> str:
    """The command that fetches a model to where it is looked for, in the environment where `mfa` was found."""
    program = which(config.command[0]) or config.command[0]
    root = f"MFA_ROOT_DIR={shlex.quote(str(config.root))} " if config.root_dir is not None else ""
    return root + shlex.join([program, *config.command[1:], "model", "download", kind, name])
