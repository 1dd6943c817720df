"""Recogniser `command`: a program of the user's own, called once a recording, that prints what is said in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import ClassVar

from kmtalk_align.asr.base import Transcript, check_language_given, spoken_windows
from kmtalk_align.audio import Samples, speech_wav
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, RecognitionError
from kmtalk_align.files import digest_of
from kmtalk_align.process import EndedApart, how, run_apart, tail

PLACEHOLDERS = ("audio", "language", "threads", "utterance_id")
# An hour of speech is some 60 kB of text.
_MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class CommandConfig:
    """command: a program and its arguments, in which {audio} stands for the recording as a WAV file of 16 kHz, 16 bit,
    mono, {language} for the language, {threads} for the cores that it may use, {utterance_id} for the utterance;
    language: ISO 639-1; timeout_s: a recording may take so long; version: what tells this program from another or an
    older one, where left out a digest of its files.
    """

    command: tuple[str, ...]
    backend: str = "command"
    language: str = "en"
    timeout_s: float = 600.0
    version: str | None = None

    def __post_init__(self) -> None:
        """Raise ConfigError for what no program could be called with."""
        check_language_given(self.backend, self.language)
        if not self.timeout_s > 0:
            raise ConfigError("must be more than 0", where="asr block, key timeout_s")
        named = {name for argument in self.command for name in _placeholders(argument)}
        if "audio" not in named:
            raise ConfigError(
                "hands its program no recording",
                where="asr block, key command",
                fix='name it with {audio}, as in [my_asr, "{audio}"]',
            )

    def load(self, threads: int = 1) -> Command:
        """The recogniser. Raises ConfigError where there is no such program."""
        return Command(self, threads)


class Command:
    """Hands the program the whole recording; where nobody speaks it isn't called."""

    listens: ClassVar[bool] = True

    def __init__(self, config: CommandConfig, threads: int) -> None:
        program = shutil.which(config.command[0])
        if program is None:
            raise ConfigError(
                "is no program that can be started",
                where=f"asr block, key command: {config.command[0]}",
                fix="is it installed, executable, and on the PATH or a path from the working directory?",
            )
        files = [Path(program), *(path for path in map(Path, config.command[1:]) if _is_file(path))]
        self._config, self._threads = config, threads
        self._name = Path(config.command[0]).name
        identity = f"({digest_of(files)})" if config.version is None else config.version
        self.model = " ".join(["command", self._name, *(path.name for path in files[1:]), identity])

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        """See Recogniser.transcribe. Raises ConfigError where the program can't be started."""
        samples = sound()
        spoken_windows(utterance, samples)
        with tempfile.TemporaryDirectory(prefix="kmtalk-command-", ignore_cleanup_errors=True) as work:
            audio = Path(work).resolve() / "audio.wav"
            audio.write_bytes(speech_wav(samples))
            arguments = self._arguments(utterance, audio)
            ended = run_apart(arguments, os.environ, self._config.timeout_s, most_bytes=_MOST_BYTES)
        try:
            text = self._text(ended, audio)
        except RecognitionError as error:
            raise RecognitionError(
                f"{self._name} {error.what}", where=utterance.utterance_id, fix=error.fix
            ) from error.__cause__
        return Transcript(text, self._config.language)

    def _arguments(self, utterance: Utterance, audio: Path) -> list[str]:
        values: Mapping[str, object] = {
            "audio": audio,
            "language": self._config.language,
            "threads": self._threads,
            "utterance_id": utterance.utterance_id,
        }
        return [argument.format_map(values) for argument in self._config.command]

    def _text(self, ended: EndedApart, audio: Path) -> str:
        """What the program printed, as one line. Raises RecognitionError where that is no text."""
        # The folder has another name each time, and a row that says why must be the same in every build.
        said = ended.errors.replace(str(audio.parent), "...")
        if ended.too_much:
            raise RecognitionError(f"printed more than {_MOST_BYTES / 1e6:g} MB", fix="it must print the text alone")
        if ended.status is None:
            raise RecognitionError(
                f"was ended after {self._config.timeout_s:g} s", fix="raise timeout_s, or cut the recording"
            )
        if ended.status != 0:
            raise RecognitionError(
                f"failed ({how(ended.status, said)})", fix="run the command by hand on this recording, and look"
            )
        try:
            text = " ".join(ended.output.decode("utf-8-sig").split())
        except UnicodeDecodeError as error:
            raise RecognitionError(
                f"printed no UTF-8 (byte {error.start} is 0x{error.object[error.start]:02x})",
                fix="have it print UTF-8, for Python with PYTHONIOENCODING=utf-8",
            ) from error
        if not text:
            last = tail(said)
            raise RecognitionError(
                "printed no text" + (f", and as errors: {last}" if last else ""),
                fix="it must print what it hears to its standard output",
            )
        if str(audio.parent) in text:
            raise RecognitionError("prints the name of the recording too", fix="it must print the text alone")
        return text


def _placeholders(argument: str) -> Sequence[str]:
    """The names in braces of an argument. Raises ConfigError for one that nothing is known to stand for."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    where, fix = f"asr block, key command: {argument}", f"choose from: {known}; a brace itself is written {{{{ or }}}}"
    try:
        parts = list(Formatter().parse(argument))
    except ValueError as error:
        raise ConfigError(f"has a brace without its other half ({error})", where=where, fix=fix) from error
    found = [name for _, name, _, _ in parts if name is not None]
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            raise ConfigError("holds a placeholder that is unknown", where=where, fix=fix)
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name of a file
        return False
