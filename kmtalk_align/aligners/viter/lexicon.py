"""Pronunciations in the format of MFA and CMUdict, all variants of a word, in any phone set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_align.phones import ARPABET, SPOKEN_NOISE, bare, is_silence
from kmtalk_align.pronounce import guess_with_stress, to_ascii

# MFA's columns of probabilities come before the phones: one, two or four of them.
_PROBABILITY = re.compile(r"^\d+\.\d+$")
_COLUMNS = 4
_VARIANT = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class Pronunciation:
    """Phones, and MFA's columns of probabilities as they stand in the dictionary."""

    phones: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass
class Lexicon:
    """Pronunciations by word in lower case. `guessed`: words that were pronounced by grapheme-to-phoneme."""

    entries: Mapping[str, tuple[Pronunciation, ...]]
    guessed: dict[str, tuple[Pronunciation, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spoken = {phone for found in self.entries.values() for one in found for phone in one.phones if _spoken(phone)}
        self.phones = frozenset(spoken)
        self.is_arpabet = bool(spoken) and {bare(one) for one in spoken} <= ARPABET
        self._has_stress = any(one[-1].isdigit() for one in spoken)

    def pronounce(self, word: str) -> tuple[Pronunciation, ...]:
        """All pronunciations of a word, () where there is none: only what is ARPABET can be guessed.

        Raises PronunciationError for a word that is not in Latin letters where the dictionary is ARPABET.
        """
        key = normal(word)
        found = self.entries.get(key)
        if found is None and self.is_arpabet:
            found = self.entries.get(to_ascii(key))
        if found is not None or not self.is_arpabet:
            return found or ()
        if key not in self.guessed:
            phones = guess_with_stress(key)
            self.guessed[key] = (Pronunciation(phones if self._has_stress else tuple(map(bare, phones))),)
        return self.guessed[key]

    def is_guess(self, word: str) -> bool:
        """Whether a word that was pronounced is not in the dictionary."""
        return normal(word) in self.guessed


def normal(word: str) -> str:
    """A word as it is looked up."""
    return unicodedata.normalize("NFC", word).lower()


def read_lexicon(path: Path) -> Lexicon:
    """The pronunciations of a file. Raises ConfigError, with the line, for what it can't read."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot be read as a dictionary ({getattr(error, 'strerror', None) or error})",
            where=path,
            fix="name a text file in UTF-8: a word a line, and its phones",
        ) from error
    entries: dict[str, list[Pronunciation]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith((";", "#")):
            continue
        word, *rest = line.split()
        columns = _columns(rest)
        phones = tuple(rest[len(columns) :])
        if not phones:
            raise ConfigError(f"{word!r} has no phones", where=f"{path}, line {number}", fix="add them, or drop it")
        variants = entries.setdefault(normal(_VARIANT.sub("", word)), [])
        if all(one.phones != phones for one in variants):
            variants.append(Pronunciation(phones, columns))
    if not entries:
        raise ConfigError("holds no word", where=path, fix="name a dictionary in the format of MFA")
    return Lexicon({word: tuple(found) for word, found in entries.items()})


def built_in() -> Lexicon:
    """The English dictionary that comes with pocketsphinx: ARPABET without stress."""
    from pocketsphinx import get_model_path

    return read_lexicon(Path(get_model_path("en-us/cmudict-en-us.dict")))


def write_lexicon(path: Path, words: Mapping[str, Iterable[Pronunciation]]) -> None:
    """Write the pronunciations of some words as viter reads them."""
    lines = [f"{word}\t{' '.join((*one.columns, *one.phones))}\n" for word in sorted(words) for one in words[word]]
    path.write_text("".join(lines), encoding="utf-8")


def within(found: Iterable[Pronunciation], phones: Collection[str]) -> tuple[Pronunciation, ...]:
    """The pronunciations that need no other phones than these."""
    return tuple(one for one in found if all(phone in phones for phone in one.phones))


def _columns(rest: list[str]) -> tuple[str, ...]:
    count = 0
    while count < min(_COLUMNS, len(rest) - 1) and _PROBABILITY.match(rest[count]):
        count += 1
    return tuple(rest[:count])


def _spoken(phone: str) -> bool:
    return not is_silence(phone) and phone.lower() not in SPOKEN_NOISE
