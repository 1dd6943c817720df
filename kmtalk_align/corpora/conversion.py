"""A corpus that lies in a layout of its own is converted into the folder layout once, before anything else is made.

What has been converted is noted utterance by utterance, so that a conversion that was broken off goes on, and one that
is run again passes over what still belongs to its source. What failed is tried again each time: a program that was
interrupted or ran out of memory looks like a recording that can't be used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from kmtalk_align import progress
from kmtalk_align.errors import ArtefactError, ConfigError, CorpusError, KMTalkError
from kmtalk_align.files import check_writable, encode_id, write_bytes

VERSION = 1
# Written last: it says that the folder is whole.
CONVERTED_FILE = "converted.json"
# Why an utterance can't be used, by its id: kmtalk_align/corpora/folder.py makes failed rows of them.
PROBLEMS_FILE = "problems.json"
# The folder of notes: what each utterance was converted from, and its problem.
NOTES = ".converted"
_PARTS = ("wav", "vertices_npy", "blendshapes_npy", "transcripts", "words", ".quality")
_log = logging.getLogger(__name__)


class Conversion(Protocol):
    """How the files of a corpus become the folder layout."""

    def utterance_ids(self) -> Sequence[str]:
        """Every utterance that the corpus has, or that its published splits name. Raises CorpusError."""
        ...

    def source(self, utterance_id: str) -> str:
        """A digest of what the utterance is converted from and of how; where it is another, it is converted again.

        It raises nothing: what can't be read is said by `convert`.
        """
        ...

    def convert(self, utterance_id: str, folder: Path) -> None:
        """Write the utterance's files into a folder corpus, each in one step. Called by several threads at once.

        Raises KMTalkError where it can't be used; ConfigError, ArtefactError and OSError end the whole conversion.
        """
        ...

    def finish(self, folder: Path) -> None:
        """Write what the utterances share: templates, regions, mesh. Raises CorpusError."""
        ...


class ConvertedCorpus(Protocol):
    """A validated block of a corpus that may have to be converted; see CorpusConfig."""

    def needs_conversion(self) -> bool:
        """Whether the files lie in a layout of their own."""
        ...

    def convert(self, threads: int) -> None:
        """Bring them into the folder layout, in the folder `root_folder()`. Raises CorpusError, ConfigError."""
        ...


def converted_folder(name: str, given: str | None) -> Path:
    """Where the converted corpus lies: the folder `given` in the block, else under the corpus' results."""
    return Path(given) if given else Path("results", name, "converted")


def is_folder_layout(root: Path) -> bool:
    """Whether a folder holds recordings and vertices as FaceFormer's loader wants them."""
    return (root / "wav").is_dir() and (root / "vertices_npy").is_dir()


def check_converted(folder: Path) -> None:
    """Raise CorpusError where a conversion has not ended in this folder."""
    if not (folder / CONVERTED_FILE).is_file():
        raise CorpusError(
            "the corpus has not been converted",
            where=folder,
            fix="run snakemake, or `kmtalk convert --corpus BLOCK` with the corpus block of the config",
        )


def check_apart(root: Path, folder: Path) -> None:
    """Raise ConfigError where the converted corpus would lie in the folder that it is converted from."""
    if folder.resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            f"lies in the folder that it is converted from, {root}",
            where=f"corpus block, converted: {folder}",
            fix="choose another folder, or leave the key out",
        )


def convert_all(conversion: Conversion, folder: Path, *, threads: int) -> dict[str, str]:
    """Convert what is new, has changed or failed before; gives the problems by utterance id.

    The mark `converted.json` is taken away first and written last. Raises CorpusError where no utterance can be used.
    """
    ids = sorted(conversion.utterance_ids())
    check_writable(folder / CONVERTED_FILE)
    (folder / CONVERTED_FILE).unlink(missing_ok=True)
    _remove_others(folder, ids)
    problems: dict[str, str] = {}
    with ThreadPoolExecutor(threads) as pool, progress.bar("convert", len(ids)) as advance:
        try:
            for one, problem in zip(ids, pool.map(partial(_converted, conversion, folder), ids), strict=True):
                if problem is not None:
                    problems[one] = problem
                advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if len(problems) == len(ids):
        first = f"; the first: {next(iter(problems.values()))}" if problems else ""
        raise CorpusError(f"none of the {len(ids)} utterances can be used{first}", where=folder)
    conversion.finish(folder)
    for problem in problems.values():
        _log.warning("convert failed: %s", problem)
    _write(folder / PROBLEMS_FILE, problems)
    _write(folder / CONVERTED_FILE, {"utterances": len(ids), "problems": len(problems)})
    return problems


def read_problems(root: Path) -> dict[str, str]:
    """Why utterances of a folder corpus can't be used, by id; {} where it has no such file. Raises CorpusError."""
    path = root / PROBLEMS_FILE
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CorpusError(f"is not readable JSON ({error})", where=path, fix="delete it, or convert again") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise CorpusError("is not of the form {utterance id: reason}", where=path)
    return found


def _converted(conversion: Conversion, folder: Path, utterance_id: str) -> str | None:
    """The problem of an utterance, None where it is there; converted now if it has to be."""
    note, source = folder / NOTES / f"{encode_id(utterance_id)}.json", conversion.source(utterance_id)
    before = read_note(note)
    if before == {"source": source, "problem": None}:
        return None
    note.unlink(missing_ok=True)
    problem = None
    try:
        conversion.convert(utterance_id, folder)
    except (ConfigError, ArtefactError):  # the latter where a file can't be written: no fault of the utterance
        raise
    except KMTalkError as error:
        problem = str(error)
    _write(note, {"source": source, "problem": problem})
    return problem


def read_note(note: Path) -> dict[str, str | None] | None:
    """What a note says, `source` and `problem`; None where there is none that can be read."""
    try:
        found = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _remove_others(folder: Path, ids: Sequence[str]) -> None:
    """Take away what an earlier conversion made of utterances that are no more."""
    notes = {unquote(note.stem): note for note in (folder / NOTES).glob("*.json")}
    gone = notes.keys() - set(ids)
    stems = {*gone, *map(encode_id, gone)}
    for part in _PARTS if gone else ():
        for path in folder.joinpath(part).glob("*"):
            if path.stem in stems:
                path.unlink()
    for one in gone:
        notes[one].unlink()


def _write(path: Path, content: object) -> None:
    write_bytes(path, (json.dumps(content, sort_keys=True, ensure_ascii=False) + "\n").encode())
