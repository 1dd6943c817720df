"""Dictionaries in the format of MFA: read, looked up, guessed where that can be, and written for viter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.aligners.viter.lexicon import (
    Lexicon,
    Pronunciation,
    built_in,
    read_lexicon,
    within,
    write_lexicon,
)
from kmtalk_align.errors import ConfigError, PronunciationError


def lexicon(folder: Path, text: str) -> Lexicon:
    path = folder / "own.dict"
    path.write_text(text, encoding="utf-8")
    return read_lexicon(path)


def test_all_variants_are_kept_with_the_columns_of_mfa(tmp_path: Path) -> None:
    found = lexicon(tmp_path, "# a comment\n;;; another\n\nTHE\tDH AH0\nthe(2) DH IY0\nthe\t0.9\t0.2\t1.1\t0.8\tð ə\n")
    assert found.pronounce("the") == (
        Pronunciation(("DH", "AH0")),
        Pronunciation(("DH", "IY0")),
        Pronunciation(("ð", "ə"), ("0.9", "0.2", "1.1", "0.8")),
    )


def test_a_number_alone_is_a_phone_and_a_probability_needs_phones_behind_it(tmp_path: Path) -> None:
    found = lexicon(tmp_path, "one 1 2\ntwo 0.5 a\n")
    assert found.pronounce("one") == (Pronunciation(("1", "2")),)
    assert found.pronounce("two") == (Pronunciation(("a",), ("0.5",)),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"cat K AE T\ndog\n", "own.dict, line 2: 'dog' has no phones"),
        (b"", "own.dict: holds no word"),
        (b"caf\xe9 K\n", "own.dict: cannot be read"),
    ],
)
def test_what_is_no_dictionary_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "own.dict").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_lexicon(tmp_path / "own.dict")
    assert said in str(caught.value)


def test_a_dictionary_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.dict: cannot be read"):
        read_lexicon(tmp_path / "none.dict")


def test_unknown_words_are_guessed_in_the_dictionarys_own_arpabet(tmp_path: Path) -> None:
    stressed = lexicon(tmp_path, "cat K AE1 T\n")
    assert stressed.pronounce("kubernetes")[0].phones[:4] == ("K", "AH0", "B", "ER1")
    assert stressed.is_guess("kubernetes")
    assert not stressed.is_guess("cat")
    plain = lexicon(tmp_path, "cat K AE T\n")
    assert plain.pronounce("kubernetes")[0].phones[:4] == ("K", "AH", "B", "ER")


def test_nothing_is_guessed_in_another_phone_set(tmp_path: Path) -> None:
    ipa = lexicon(tmp_path, "cat kʰ æ t\nhmm spn\n")
    assert not ipa.is_arpabet
    assert ipa.pronounce("dog") == ()
    assert not ipa.is_guess("dog")


def test_the_built_in_dictionary_takes_accents_and_refuses_another_script() -> None:
    found = built_in()
    assert found.is_arpabet
    assert found.pronounce("café") == found.pronounce("cafe") != ()
    assert len(found.pronounce("the")) > 1
    with pytest.raises(PronunciationError, match="Cyrillic"):
        found.pronounce("привет")


def test_only_what_a_model_has_all_phones_of_is_kept() -> None:
    variants = (Pronunciation(("A", "B")), Pronunciation(("A", "C")))
    assert within(variants, {"A", "C"}) == variants[1:]
    assert within(variants, {"A"}) == ()


_WORDS = st.text(st.characters(categories=["Ll", "Lo"]), min_size=1, max_size=6)
_PHONES = st.lists(st.sampled_from(["AA", "kʰ", "tʃ", "1", "ŋ"]), min_size=1, max_size=5).map(tuple)
_COLUMNS = st.lists(st.sampled_from(["0.5", "0.99", "1.64"]), max_size=4).map(tuple)


@given(st.dictionaries(_WORDS, st.tuples(_PHONES, _COLUMNS), min_size=1))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    path = tmp_path_factory.mktemp("written") / "words.dict"
    write_lexicon(path, {word: [Pronunciation(*one)] for word, one in words.items()})
    found = read_lexicon(path)
    assert {one for variants in found.entries.values() for one in variants} == {
        Pronunciation(*one) for one in words.values()
    }
