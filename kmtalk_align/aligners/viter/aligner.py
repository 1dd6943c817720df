"""The aligner: a set of utterances written out, one call of ``viter align``, and each TextGrid looked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kmtalk_align.aligners.base import Aligned, Spoken
from kmtalk_align.aligners.mfa_labels import read_aligned
from kmtalk_align.aligners.speech_folder import Placed, place_of
from kmtalk_align.aligners.viter import program
from kmtalk_align.aligners.viter.config import ViterConfig
from kmtalk_align.aligners.viter.lexicon import Lexicon, Pronunciation, within, write_lexicon
from kmtalk_align.aligners.viter.speech import write_utterance
from kmtalk_align.errors import AlignmentError, ConfigError, TextGridError
from kmtalk_align.phones import without_position
from kmtalk_align.process import Ended

# A phone takes a frame of 10 ms at the very least.
_LEAST_PHONE_S = 0.01
_NOTHING_TO_DO = Ended(0, "")


@dataclass(frozen=True)
class _Ready:
    """An utterance that viter is asked about, and the words that it is not sure of."""

    placed: Placed
    unknown: tuple[str, ...]


class Viter:
    """Aligns the utterances of a set in one run; what becomes of one does not depend on the others."""

    needs_words = True

    def __init__(self, config: ViterConfig, model: Path, lexicon: Lexicon) -> None:
        """Raises ConfigError where the model can't be read, or the dictionary is of another phone set."""
        self._config, self._model, self._lexicon = config, model, lexicon
        self._phones = frozenset(map(without_position, program.phones_of(model)))
        strange = sorted(lexicon.phones - self._phones)
        if len(strange) > len(lexicon.phones) / 2:
            raise ConfigError(
                f"its phones are not the model's, which lacks {' '.join(strange[:8])} and others",
                where=f"aligner block, dictionary {config.dictionary or '(built-in English)'}",
                fix=f"give the dictionary that belongs to {config.acoustic_model or config.model}",
            )

    def align_set(self, spoken: Sequence[Spoken]) -> Iterator[Aligned | Exception]:
        """See Aligner.align_set."""
        with tempfile.TemporaryDirectory(prefix="kmtalk-viter-") as temporary:
            work = Path(temporary).resolve()
            (work / "corpus").mkdir()
            stems = place_of(spoken, by_subject=False)
            ready = [self._write(work, stem, one) for stem, one in zip(stems, spoken, strict=True)]
            asked = [said for one, said in zip(ready, spoken, strict=True) if isinstance(one, _Ready)]
            words = {word for said in asked for word in said.words}
            write_lexicon(work / "words.dict", {word: found for word in words if (found := self._pronounce(word))})
            ended = self._align(work, work / "corpus") if asked else _NOTHING_TO_DO
            outcomes = [
                one if isinstance(one, Exception) else self._outcome(work, one, said, ended)
                for one, said in zip(ready, spoken, strict=True)
            ]
        return iter(outcomes)

    def _write(self, work: Path, stem: str, spoken: Spoken) -> _Ready | Exception:
        """Write an utterance into the corpus of this run; for one that can't be part of it the reason."""
        try:
            unknown = self._unknown(spoken)
            placed = write_utterance(work / "corpus", stem, spoken, self._config.speaks)
        except Exception as error:  # of one recording; the rest of the set is unharmed
            return error
        least = sum(min((len(one.phones) for one in self._pronounce(word)), default=1) for word in spoken.words)
        if placed.duration_s < least * _LEAST_PHONE_S:
            (work / "corpus" / f"{stem}.wav").unlink()
            return AlignmentError(
                f"lasts {placed.duration_s:.2f} s, too short for its {len(spoken.words)} words: "
                f"{' '.join(spoken.words)[:80]!r}",
                where=spoken.utterance.utterance_id,
                fix="check the transcript",
            )
        return _Ready(placed, unknown)

    def _unknown(self, spoken: Spoken) -> tuple[str, ...]:
        """The words that were guessed, and those that can't be pronounced. Raises AlignmentError where all can't."""
        silent = {word for word in spoken.words if not self._pronounce(word)}
        if silent and silent == set(spoken.words):
            raise AlignmentError(
                f"none of its words can be pronounced: {' '.join(spoken.words)[:80]!r}",
                where=spoken.utterance.utterance_id,
                fix="add them to the dictionary, or use an aligner for this language",
            )
        return tuple(dict.fromkeys(one for one in spoken.words if one in silent or self._lexicon.is_guess(one)))

    def _pronounce(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciations that the model has all phones of."""
        return within(self._lexicon.pronounce(word), self._phones)

    def _align(self, work: Path, corpus: Path) -> Ended:
        """Align what lies in a folder of the corpus."""
        beams = ["--beam", str(self._config.beam), "--retry-beam", str(self._config.retry_beam)]
        options = ["--dict", str(work / "words.dict"), "--out", str(work / "out"), "--cpu", *beams]
        ended = program.call(["align", str(corpus), str(self._model), *options], self._config.timeout_s)
        # The folder has another name each time, and a row that says why must be the same in every build.
        return replace(ended, output=ended.output.replace(str(work), "..."))

    def _outcome(self, work: Path, ready: _Ready, said: Spoken, ended: Ended) -> Aligned | Exception:
        """The alignment of one utterance, or why there is none: viter ends well though some are missing."""
        name, stem = said.utterance.utterance_id, ready.placed.stem
        grid = work / "out" / f"{stem}.TextGrid"
        if ended.status not in (0, None) and not grid.is_file():
            # One recording may have ended the whole run: each is tried by itself.
            grid = work / "out" / f"{Path(stem).name}.TextGrid"
            ended = self._align(work, (work / "corpus" / stem).parent)
        if ended.status != 0 and not grid.is_file():
            fix = "replace it or exclude the utterance" if ended.status is not None else "raise timeout_s"
            return AlignmentError(program.reason(ended), where=name, fix=fix)
        if not grid.is_file():
            return AlignmentError(
                f"viter did not find the words in the sound: {' '.join(said.words)[:80]!r}",
                where=name,
                fix=f"check the transcript, or raise retry_beam (it is {self._config.retry_beam:g})",
            )
        try:
            found = read_aligned(grid, said.words, ready.placed.duration_s)
        except TextGridError as error:
            return TextGridError(f"viter's TextGrid {error.what}", where=name, fix=error.fix)
        return replace(found, unknown_words=ready.unknown)
