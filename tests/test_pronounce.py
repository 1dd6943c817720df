"""pronounce.py: dictionaries, and guesses for words that they lack."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.errors import PronunciationError
from kmtalk_align.phones import ARPABET
from kmtalk_align.pronounce import guess, read_dictionary, to_ascii


def dictionary(folder: Path, text: str) -> Path:
    path = folder / "words.dict"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_dictionary_gives_phones_without_stress(tmp_path: Path) -> None:
    found = read_dictionary(dictionary(tmp_path, "hello HH AH0 L OW1\nWORLD\tW ER1 L D\n"))
    assert found == {"hello": ("HH", "AH", "L", "OW"), "world": ("W", "ER", "L", "D")}


def test_comments_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    assert read_dictionary(dictionary(tmp_path, ";;; CMUdict\n\n  \na AH0\n")) == {"a": ("AH",)}


def test_a_comment_after_the_phones_is_skipped(tmp_path: Path) -> None:
    path = dictionary(tmp_path, "aalborg AO1 L B AO0 R G # place, danish\n")
    assert read_dictionary(path) == {"aalborg": ("AO", "L", "B", "AO", "R", "G")}


def test_the_first_variant_of_a_word_counts(tmp_path: Path) -> None:
    found = read_dictionary(dictionary(tmp_path, "read R EH1 D\nread(2) R IY1 D\nread R AA D\n"))
    assert found == {"read": ("R", "EH", "D")}


def test_probabilities_of_mfa_are_skipped(tmp_path: Path) -> None:
    found = read_dictionary(dictionary(tmp_path, "cat\t0.99\t0.2\t1.0\t0\tK AE1 T\n"))
    assert found == {"cat": ("K", "AE", "T")}


@pytest.mark.parametrize("line", ["cat k æ t", "cat c AE1 T", "cat", "cat 0.99", "cat K AE T2X"])
def test_a_line_without_arpabet_phones_is_an_error_with_its_number(tmp_path: Path, line: str) -> None:
    path = dictionary(tmp_path, f";;; comment\na AH0\n\n{line}\n")
    with pytest.raises(PronunciationError) as caught:
        read_dictionary(path)
    assert f"{path}, line 4" in str(caught.value)
    assert "'cat'" in str(caught.value)


def test_a_missing_dictionary_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PronunciationError, match=r"none\.dict"):
        read_dictionary(tmp_path / "none.dict")


def test_a_dictionary_in_another_encoding_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "words.dict"
    path.write_bytes("café K AH F EY".encode("latin-1"))
    with pytest.raises(PronunciationError, match=r"words\.dict"):
        read_dictionary(path)


@pytest.mark.parametrize("word", ["blorptastic", "zyzzyva", "o'clockish", "a"])
def test_an_unknown_english_word_is_guessed_in_arpabet(word: str) -> None:
    phones = guess(word)
    assert phones
    assert set(phones) <= ARPABET


def test_a_guess_is_the_same_each_time() -> None:
    assert guess("blorptastic") == guess("blorptastic")


def test_accents_do_not_change_a_guess() -> None:
    assert guess("ñandú") == guess("nandu")


@pytest.mark.parametrize(
    ("word", "script"), [("привет", "Cyrillic"), ("γειά", "Greek"), ("日本", "Cjk"), ("سلام", "Arabic")]
)
def test_another_script_is_an_error_that_names_word_and_script(word: str, script: str) -> None:
    with pytest.raises(PronunciationError) as caught:
        guess(word)
    assert repr(word) in str(caught.value)
    assert f"{script} script" in str(caught.value)


def test_a_word_of_two_scripts_is_refused_too() -> None:
    with pytest.raises(PronunciationError, match="Cyrillic"):
        guess("helloпривет")


@pytest.mark.parametrize("word", ["straße", "smørrebrød", "æon", "łódź", "ﬁne"])
def test_any_latin_letters_can_be_pronounced(word: str) -> None:
    assert set(guess(word)) <= ARPABET


@pytest.mark.parametrize(("word", "plain"), [("Café", "cafe"), ("ÑANDÚ", "nandu"), ("plain", "plain"), ("мир", "мир")])
def test_to_ascii_drops_accents_and_keeps_scripts(word: str, plain: str) -> None:
    assert to_ascii(word) == plain
