"""The config block of the aligner `viter`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from kmtalk_align.aligners.viter.lexicon import Lexicon, built_in, read_lexicon
from kmtalk_align.errors import ConfigError

if TYPE_CHECKING:
    from kmtalk_align.aligners.viter.aligner import Viter

_SOURCES = ("acoustic_model", "model", "train")


@dataclass(frozen=True)
class Training:
    """transcripts: the recogniser's name in the config; splits: whose utterances are learnt from, all where the corpus
    has none; triphones: learn a phone in the context of its neighbours too, which takes ten times as long.
    """

    transcripts: str
    splits: tuple[str, ...] = ("train",)
    triphones: bool = False
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True)
class ViterConfig:
    """One of acoustic_model (a zip of MFA), model (a file that was trained) and train; dictionary: pronunciations in
    the format of MFA, the built-in English ones where None; language: refuse the speech of any other, by default
    English for the built-in dictionary, and nothing for another; beam, retry_beam: of the first try and of the second,
    which refuses what does not fit the sound, as there is no score (MFA's is 40, at which almost anything aligns);
    timeout_s: after so long a run of viter is ended, but for a training.
    """

    backend: str = "viter"
    acoustic_model: str | None = None
    model: str | None = None
    train: Training | None = None
    dictionary: str | None = None
    language: str | None = None
    beam: float = 10.0
    retry_beam: float = 20.0
    timeout_s: float = 3600.0

    def __post_init__(self) -> None:
        """Raise ConfigError for keys that don't go together."""
        given = [key for key in _SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            raise ConfigError(
                f"one of {', '.join(_SOURCES)} is needed" + (f", not {' and '.join(given)}" if given else ""),
                where="aligner block, backend viter",
                fix="docs/viter.md shows each",
            )
        if self.acoustic_model is not None and self.dictionary is None:
            raise ConfigError(
                "an MFA model needs the dictionary that belongs to it", where="aligner block, dictionary", fix="name it"
            )
        if not 0 < self.beam < self.retry_beam:
            raise ConfigError("must be more than 0 and less than retry_beam", where="aligner block, beam")
        if self.timeout_s <= 0:
            raise ConfigError("must be more than 0", where="aligner block, timeout_s")
        if self.train is not None and not self.train.splits:
            raise ConfigError("names no split", where="aligner block, train, splits", fix="name some: [train]")

    @property
    def speaks(self) -> str | None:
        """The language that the aligner is for, None where it isn't known."""
        return self.language or ("en" if self.dictionary is None else None)

    def lexicon(self) -> Lexicon:
        """The pronunciations. Raises ConfigError where the dictionary can't be read."""
        return built_in() if self.dictionary is None else read_lexicon(Path(self.dictionary))

    def with_model(self, model: Path) -> ViterConfig:
        """The aligner that a training has come to. Raises ConfigError where it isn't one that is trained."""
        if self.train is None:
            raise ConfigError("is not trained, and takes no model", where="aligner block", fix="leave out --model")
        return replace(self, train=None, model=str(model))

    def load(self) -> Viter:
        """The aligner. Raises ConfigError for what can't be read, WeightsError where there is no model."""
        from kmtalk_align.aligners.viter.aligner import Viter
        from kmtalk_align.aligners.viter.model import model_of

        if self.train is not None:
            raise ConfigError(
                "is trained on a corpus, and its model is not given",
                where="aligner block, train",
                fix="name what kmtalk train-aligner wrote, results/CORPUS/aligners/NAME/model.viter: by --model, or as "
                "model in place of train",
            )
        return Viter(self, model_of(self), self.lexicon())
