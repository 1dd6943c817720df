"""The unit list: pieces of words, each an output of the network. A line is `piece id`, with ids from 1 on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.errors import WeightsError

# SentencePiece's mark of the beginning of a word.
_WORD_MARK = "\u2581"
_PUBLISHED = (
    "Auto-AVSR's authors publish it as spm/unigram/unigram5000_units.txt in their project mpc001/auto_avsr on GitHub; "
    "give its path as units"
)


@dataclass(frozen=True)
class Units:
    """The pieces with ids 1, 2, ... of the network's outputs; 0 is CTC's blank, and the last both start and end."""

    pieces: tuple[str, ...]

    @classmethod
    def read(cls, given: str) -> Units:
        """The units of a file. Raises WeightsError where there is none, or a line is not `piece id` in order."""
        path = Path(given).expanduser()
        if not given or not path.is_file():
            where = path if given else "asr block, backend auto_avsr"
            raise WeightsError(
                "has no unit list" if not given else "there is no such file", where=where, fix=_PUBLISHED
            )
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsError(
                f"cannot be read as text ({type(error).__name__})", where=path, fix=_PUBLISHED
            ) from error
        pieces = []
        for number, line in enumerate(lines, start=1):
            piece, _, identity = line.rpartition(" ")
            if not piece or identity != str(number):
                raise WeightsError(
                    f"is {line[:40]!r}, and should be a piece and the id {number}",
                    where=f"{path}, line {number}",
                    fix=_PUBLISHED,
                )
            pieces.append(piece)
        if not pieces:
            raise WeightsError("holds no unit", where=path, fix=_PUBLISHED)
        return cls(tuple(pieces))

    @property
    def outputs(self) -> int:
        """How many outputs a network with these units has: blank, units, and the end."""
        return len(self.pieces) + 2

    def text(self, ids: Sequence[int]) -> str:
        """The text of ids, in lower case: pieces joined, a space at each word mark.

        The network writes capitals, and numbers are read in lower case alone ("2nd", "1980s": text.py).
        """
        return "".join(self.pieces[one - 1] for one in ids).replace(_WORD_MARK, " ").strip().lower()
