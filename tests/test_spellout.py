"""spellout.py: numbers as words in the languages that ICU knows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.spellout import LANGUAGES, spell_out


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("numéro 1.", "fr", "numéro un ."),
        ("1984", "es", "mil novecientos ochenta y cuatro"),
        ("3,5 km", "fr", "trois virgule cinq km"),
        ("3.5 km", "it", "tre virgola cinque km"),
        ("1.000 euros", "es", "mil euros"),
        ("1\u202f000\u202f000 euros", "fr", "un million euros"),
        ("0,250", "fr", "zéro virgule deux cinq"),
        ("12:30", "pt", "doze : trinta"),
        ("1.5.2024", "nl", "een . vijf . tweeduizendvierentwintig"),
        ("007", "fr", "zéro zéro sept"),
        ("3个", "zh", "三 个"),
        ("२१", "hi", "इक्कीस"),
    ],
)
def test_numbers_become_words(text: str, language: str, spoken: str) -> None:
    assert " ".join(spell_out(text, language).split()) == spoken


@pytest.mark.parametrize("language", ["xx", "zxx", "mi", "eu", "", "fr-CA", "ht"])
def test_a_language_that_icu_does_not_know_keeps_its_digits(language: str) -> None:
    assert spell_out("21 kakahu", language) == "21 kakahu"


def test_no_language_is_spelled_in_that_of_the_machine() -> None:
    code = "from kmtalk_align.spellout import *; print({one: ascii(spell_out('21', one)) for one in sorted(LANGUAGES)})"
    spelled = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"LC_ALL": locale},
            capture_output=True,
            check=True,
        ).stdout
        for locale in ("C", "fr_FR.UTF-8", "ja_JP.UTF-8")
    }
    assert len(spelled) == 1


@given(st.text(alphabet="0123456789.,:- \u00a0\u202f٣२aé", max_size=40), st.sampled_from(sorted(LANGUAGES)))
def test_any_jumble_of_digits_is_spelled(text: str, language: str) -> None:
    assert not any(one.isdecimal() for one in spell_out(text, language))


@given(st.integers(0, 10**18), st.sampled_from(["fr", "es", "ru", "zh"]))
def test_whatever_is_no_number_stays(number: int, language: str) -> None:
    found = spell_out(f"<{number}>", language)
    assert found.startswith("< ")
    assert found.endswith(" >")
