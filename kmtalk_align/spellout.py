"""Numbers as words in the languages that the text normaliser doesn't know, by the rules of ICU."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icu4py.messageformat import MessageFormat

# The languages (ISO 639-1, and yue) that ICU has rules for; any other it would spell in the language of the machine.
_LANGUAGES = (
    "af am ar az be bg bs ca cs cy da de el en es et fa fi fo fr gu he hi hr hu hy id is it ja ka kk km ko lb lo lt lv "
    "mk ms mt my ne nl nn no pl pt ro ru sk sl sq sr su sv sw ta th tr uk vi yue zh"
)
LANGUAGES = frozenset(_LANGUAGES.split())
# 1.000 and 1 000 (thousands, the blank one that doesn't break), 3,5 or 3.5, 42.
_NUMBER = re.compile(
    r"(?<![\d.,])[1-9]\d{0,2}(?P<thousands>[.,\u00a0\u202f])\d{3}(?:(?P=thousands)\d{3})*(?![.,]?\d)"
    r"|(?<![\d.,])\d+[.,]\d+(?![.,]?\d)"
    r"|\d+"
)
_MANY_DIGITS = 15


def spell_out(text: str, language: str) -> str:
    """The text with its numbers as words, "3,5 km" -> "trois virgule cinq km"; as it was for an unknown language."""
    if language not in LANGUAGES:
        return text
    return _NUMBER.sub(lambda found: f" {_words(found, language)} ", text)


def _words(found: re.Match[str], language: str) -> str:
    number = found[0]
    if found["thousands"]:
        number = number.replace(found["thousands"], "")
    if number.isdecimal() and (len(number) > _MANY_DIGITS or (len(number) > 1 and int(number[0]) == 0)):
        return " ".join(_spelled(int(digit), language) for digit in number)  # a telephone number, 007
    return _spelled(int(number) if number.isdecimal() else Decimal(number.replace(",", ".")), language)


def _spelled(number: int | Decimal, language: str) -> str:
    # ICU marks where a word may be broken by soft hyphens.
    return _rules(language).format({"number": number}).replace("\u00ad", "")


@cache
def _rules(language: str) -> MessageFormat:
    from icu4py.messageformat import MessageFormat

    return MessageFormat("{number, spellout}", language)
