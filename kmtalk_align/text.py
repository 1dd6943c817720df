"""Text normalisation: from text as it is written to the words that were spoken."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from kmtalk_align.spellout import spell_out

if TYPE_CHECKING:
    from normt2s import Normalizer

# What transcribers put in brackets is not speech: [noise], <unk>.
_NOT_SPEECH = re.compile(r"\[[^\]]*\]|<[^>]*>")
# "F2" is read letter by number, and the library reads numbers only where they stand alone; "2nd" and "5km" it knows.
_LETTER_THEN_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_PHONE_NUMBER = re.compile(r"\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b")
# "St. John", but "Baker St.": the library leaves both.
_SAINT, _STREET = re.compile(r"\bSt\.(?=\s+[A-Z])"), re.compile(r"\bSt\.")
# Scripts that put no blanks between words: Thai and Lao, Burmese, Khmer, kana, Han.
_NO_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_INITIALISM = re.compile(r"\b(?:[A-Za-z]\.){2,}")

_ENGLISH_ABBREVIATIONS = {
    "Jan.": "January",
    "Feb.": "February",
    "Aug.": "August",
    "Sept.": "September",
    "Oct.": "October",
    "Nov.": "November",
    "Dec.": "December",
}


def spoken_words(text: str, language: str | None = "en") -> list[str]:
    """The words of a text as one says them, in lower case: "Dr. Smith paid $3" -> doctor smith paid three dollars.

    Numbers, ordinals, currency, times, units and abbreviations are written out by normt2s where it knows the language
    (ISO 639-1; English where None); in others numbers alone are, by ICU, or left out where it doesn't know the language
    either. A word keeps its script and accents. What is written without blanks (Chinese, Japanese, Thai, Lao, Burmese,
    Khmer) is divided by ICU's dictionaries.
    """
    language = language or "en"
    text = unicodedata.normalize("NFC", _NOT_SPEECH.sub(" ", text)).replace("’", "'")
    text = _PHONE_NUMBER.sub(lambda found: " ".join(found[0].replace("-", "")), text)
    normaliser = _normaliser(language)
    if normaliser is not None:
        if language == "en":
            text = _STREET.sub("Street", _SAINT.sub("Saint", text))
        text = normaliser.normalize(_LETTER_THEN_DIGIT.sub(" ", text))
    else:
        text = spell_out(text, language)
    text = _INITIALISM.sub(lambda found: found[0].replace(".", " "), text)
    spaced = "".join(
        one if one.isalpha() or one == "'" or unicodedata.category(one)[0] == "M" else " " for one in text.lower()
    )
    return [word for part in spaced.replace("''", " ").split() for one in _divided(part) if (word := one.strip("'"))]


def _divided(part: str) -> list[str]:
    """The words of what stands between blanks."""
    if _NO_BLANKS.search(part) is None:
        return [part]
    from icu4py.breakers import WordBreaker

    return list(WordBreaker(part, "root"))  # ICU tells these languages by their script


@cache
def _normaliser(language: str) -> Normalizer | None:
    """The library's normaliser, None for a language that it doesn't know."""
    from normt2s import Normalizer

    try:
        normaliser = Normalizer(language)
    except ValueError:
        return None
    if language == "en":
        for abbreviation, word in _ENGLISH_ABBREVIATIONS.items():
            normaliser.add_abbreviation(abbreviation, word)
    return normaliser
