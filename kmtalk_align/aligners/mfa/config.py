"""The config block of the aligner `mfa`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kmtalk_align.aligners.mfa.options import check_options
from kmtalk_align.errors import ConfigError

if TYPE_CHECKING:
    from kmtalk_align.aligners.mfa.aligner import Mfa


@dataclass(frozen=True)
class MfaConfig:
    """command: the program, or what starts it (``("conda", "run", "-n", "mfa", "mfa")``); dictionary, acoustic_model,
    g2p_model: names of downloaded models, or paths; language: refuse the speech of any other (ISO 639-1), by default
    English for MFA's English models, and nothing for others; speaker_adaptation: off, each recording is a speaker of
    its own, and its result does not depend on the others; beam, retry_beam: of the first try and of the second; jobs:
    processes, each for other speakers; timeout_s: after so long a run is ended; options: further arguments of
    ``mfa align``; root_dir: where MFA keeps its downloads, by default as MFA has it.
    """

    backend: str = "mfa"
    command: tuple[str, ...] = ("mfa",)
    dictionary: str = "english_us_mfa"
    acoustic_model: str = "english_mfa"
    g2p_model: str | None = None
    language: str | None = None
    speaker_adaptation: bool = True
    beam: int = 10
    retry_beam: int = 40
    jobs: int = 1
    timeout_s: float = 3600.0
    options: tuple[str, ...] = ()
    root_dir: str | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for what MFA would refuse, or would quietly ignore."""
        if not self.command:
            raise ConfigError("is empty", where="aligner block, command", fix="name the program: [mfa]")
        for key, least in (("beam", 1), ("retry_beam", self.beam + 1), ("jobs", 1)):
            if getattr(self, key) < least:
                raise ConfigError(f"must be at least {least}", where=f"aligner block, {key}")
        if self.timeout_s <= 0:
            raise ConfigError("must be more than 0", where="aligner block, timeout_s")
        for key in ("dictionary", "acoustic_model", "g2p_model"):
            value = getattr(self, key)
            if value is not None and (not value or value.startswith("-")):
                raise ConfigError(f"{value!r} is no name of a model", where=f"aligner block, {key}")
        check_options(self.options)

    @property
    def speaks(self) -> str | None:
        """The language that the aligner is for, None where it isn't known."""
        return self.language or ("en" if self.acoustic_model.startswith("english_") else None)

    @property
    def root(self) -> Path:
        """MFA's own root, whose folder ``pretrained_models`` holds what ``mfa model download`` fetched."""
        named = self.root_dir or os.environ.get("MFA_ROOT_DIR") or "~/Documents/MFA"
        return Path(named).expanduser().absolute()

    def load(self) -> Mfa:
        """The aligner. Raises ConfigError where there is no MFA of version 3.4 or later under 4, or no `root_dir`."""
        from kmtalk_align.aligners.mfa.aligner import Mfa
        from kmtalk_align.aligners.mfa.program import check_version

        if self.root_dir is not None and not self.root.is_dir():
            raise ConfigError("there is no such folder", where=f"aligner block, root_dir {self.root_dir}")
        check_version(self.command, self.timeout_s)
        return Mfa(self)
