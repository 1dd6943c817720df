"""The model's file: one that was trained, or one of MFA, converted once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from kmtalk_align.aligners.viter import program
from kmtalk_align.cache import cache_folder
from kmtalk_align.errors import WeightsError
from kmtalk_align.files import new_file

if TYPE_CHECKING:
    from kmtalk_align.aligners.viter.config import ViterConfig


def model_of(config: ViterConfig) -> Path:
    """The model of a config block. Raises WeightsError where it isn't there, or is none of MFA's."""
    program.check_installed()
    if config.acoustic_model is not None:
        return imported(Path(config.acoustic_model), config.timeout_s)
    assert config.model is not None
    model = Path(config.model)
    if not model.is_file():
        raise WeightsError("there is no such model", where=model, fix="kmtalk train-aligner makes one")
    return model


def imported(acoustic_model: Path, timeout_s: float) -> Path:
    """An acoustic model of MFA as viter has it: in KMTalk's cache, by the digest of the zip.

    Raises WeightsError where the zip isn't there, or viter can't read it.
    """
    try:
        digest = hashlib.sha256(acoustic_model.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(
            f"cannot be read ({error.strerror})",
            where=acoustic_model,
            fix="name the zip of an acoustic model; mfa model download, or MFA's site, gives it",
        ) from error
    target = cache_folder() / "viter" / f"{digest}.{program.VERSION}.viter"
    if not target.is_file():
        with new_file(target) as path:
            ended = program.call(["import", str(acoustic_model), "--out", str(path)], timeout_s)
            if ended.status != 0:
                raise WeightsError(
                    program.reason(ended),
                    where=acoustic_model,
                    fix="give the zip of an acoustic model of MFA 2 or 3; older ones lack what is read",
                )
    return target
