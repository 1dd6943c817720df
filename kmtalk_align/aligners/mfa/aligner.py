"""The aligner: a set of utterances written out, one call of ``mfa align``, and each TextGrid looked for."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from kmtalk_align.aligners.base import Aligned, Spoken
from kmtalk_align.aligners.language import refuse_language
from kmtalk_align.aligners.mfa.command import Folders, align_command, environment, link_models
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.aligners.mfa.program import failure_of
from kmtalk_align.aligners.mfa_labels import read_aligned
from kmtalk_align.aligners.speech_folder import Placed, place_of, write_speech
from kmtalk_align.errors import AlignmentError, TextGridError
from kmtalk_align.process import Ended, lines_of, run

_log = logging.getLogger(__name__)


class Mfa:
    """Aligns the utterances of a set together, those of a subject as one speaker's."""

    needs_words = True

    def __init__(self, config: MfaConfig) -> None:
        self._config = config

    def align_set(self, spoken: Sequence[Spoken]) -> Iterator[Aligned | Exception]:
        """See Aligner.align_set. Raises ConfigError where MFA can't be started or refuses its arguments."""
        # Docker leaves files that are not ours to delete, unless told to run as us.
        with tempfile.TemporaryDirectory(prefix="kmtalk-mfa-", ignore_cleanup_errors=True) as work:
            folders = Folders.under(Path(work).resolve())
            placed = self._write(folders, spoken)
            failed = self._run(folders) if any(isinstance(one, Placed) for one in placed) else None
            outcomes = [
                one if isinstance(one, Exception) else failed or self._outcome(folders, one, said)
                for one, said in zip(placed, spoken, strict=True)
            ]
        return iter(outcomes)

    def _write(self, folders: Folders, spoken: Sequence[Spoken]) -> list[Placed | Exception]:
        """The corpus of this run; for an utterance that can't be part of it the reason."""
        stems = place_of(spoken, by_subject=self._config.speaker_adaptation)
        placed: list[Placed | Exception] = []
        for stem, one in zip(stems, spoken, strict=True):
            try:
                refuse_language(one.utterance, self._config.speaks, model=self._config.acoustic_model)
                placed.append(write_speech(folders.corpus, stem, one))
            except Exception as error:  # of one recording; the rest of the set is unharmed
                placed.append(error)
        return placed

    def _run(self, folders: Folders) -> AlignmentError | None:
        """Call MFA; gives why it failed, None where it ended well."""
        link_models(self._config, folders)
        command = align_command(self._config, folders)
        ended = run(command, environment(self._config.command, folders.root), self._config.timeout_s)
        # The folder has another name each time, and a row that says why must be the same in every build.
        ended = Ended(ended.status, ended.output.replace(str(folders.corpus.parent), "..."))
        if ended.status != 0:
            _log.warning("mfa align said:\n%s", "\n".join(lines_of(ended.output)))
        return failure_of(ended, self._config)

    def _outcome(self, folders: Folders, placed: Placed, said: Spoken) -> Aligned | Exception:
        """The alignment of one utterance, or why there is none: MFA says nothing of those that it leaves out."""
        name = said.utterance.utterance_id
        path = folders.output / f"{placed.stem}.TextGrid"
        if not path.is_file():
            return AlignmentError(
                "MFA gave no TextGrid: it did not find the words in the sound",
                where=name,
                fix=f"check the transcript, or raise retry_beam (it is {self._config.retry_beam})",
            )
        try:
            return read_aligned(path, said.words, placed.duration_s)
        except TextGridError as error:
            place = str(error.where).removeprefix(str(path))
            return TextGridError(f"MFA's TextGrid{place} {error.what}", where=name, fix=error.fix)
