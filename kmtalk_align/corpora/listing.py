"""The files of a corpus' folder, by the utterances that they belong to."""

from __future__ import annotations

from pathlib import Path

from kmtalk_align.errors import CorpusError


def check_root(root: Path) -> None:
    """Raise CorpusError where there is no folder that a corpus could lie in."""
    if not root.is_dir():
        raise CorpusError(
            "there is no such folder", where=root.absolute(), fix="set corpus.root to the folder of the data set"
        )


def by_stem(folder: Path, suffixes: tuple[str, ...]) -> dict[str, list[str]]:
    """File names by stem, hidden files apart; several names where several files share a stem.

    {} where there is no such folder. Raises CorpusError for a name that is not UTF-8.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            _check_utf8(path)
            found.setdefault(path.stem, []).append(path.name)
    return found


def _check_utf8(path: Path) -> None:
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        raise CorpusError(
            "the file's name is not UTF-8", where=f"{path.parent}/{path.name!r}", fix="rename it"
        ) from error
