"""The config block of recogniser `auto_avsr`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kmtalk_align.errors import ConfigError

if TYPE_CHECKING:
    from kmtalk_align.asr.auto_avsr.recogniser import AutoAvsr


@dataclass(frozen=True)
class SearchConfig:
    """beam: how many hypotheses are followed at once; ctc_weight: the share of the CTC prefix score, between 0 and 1,
    the decoder's share being the rest. The defaults are those of the authors' own evaluation.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012  # pydantic reads it: an unknown key is an error

    beam: int = 40
    ctc_weight: float = 0.1

    def __post_init__(self) -> None:
        """Raise ConfigError for values that no search has."""
        if self.beam < 1:
            raise ConfigError(
                f"is {self.beam}, and a search follows one hypothesis or more", where="asr block, key beam"
            )
        if not 0 < self.ctc_weight < 1:
            raise ConfigError(f"is {self.ctc_weight}", where="asr block, key ctc_weight", fix="give 0.1, or another")

    def __str__(self) -> str:
        return f"joint search beam {self.beam}, ctc_weight {self.ctc_weight:g}"


@dataclass(frozen=True)
class AutoAvsrConfig:
    """checkpoint: the path of the audio-only .pth; units: that of its unit list; device: as torch names them."""

    checkpoint: str = ""
    units: str = ""
    backend: str = "auto_avsr"
    search: SearchConfig = SearchConfig()
    device: str = "cpu"

    def load(self, threads: int = 1) -> AutoAvsr:
        """The model, ready. Raises WeightsError or ConfigError."""
        from kmtalk_align.asr.auto_avsr.recogniser import AutoAvsr

        return AutoAvsr(self, threads)
