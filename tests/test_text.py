"""text.py: from text as it is written to the words that were spoken."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.text import spoken_words

nouns = st.sampled_from(["cats", "the", "F2", "Mr. Brown", "don't", "e-mail", "U.S.A.", "No. 7", "a/b", "C3PO"])
numbers = st.one_of(
    st.integers(0, 10**9).map(str),
    st.integers(0, 10**9).map("{:,}".format),
    st.integers(-999, 999).map(str),
    st.floats(0, 9999).map("{:.2f}".format),
    st.integers(1, 999).map("${}".format),
    st.floats(0, 999).map("£{:.2f}".format),
    st.integers(1, 100).map("{}%".format),
    st.integers(4, 20).map("{}th".format),
    st.integers(1900, 2099).map("in {}".format),
    st.tuples(st.integers(0, 23), st.integers(0, 59)).map("{0[0]}:{0[1]:02d}".format),
    st.tuples(st.integers(1, 12), st.integers(0, 59)).map("{0[0]}:{0[1]:02d} p.m.".format),
    st.integers(1, 500).map("{}km".format),
    st.integers(1, 500).map("{} kg".format),
    st.just("555-1234"),
    st.just("3/4"),
    st.just("1990s"),
    st.just("2-3"),
    st.just("10x"),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bin blue at F two now.", "bin blue at f two now"),
        ("Dr. Smith paid $3", "doctor smith paid three dollars"),
        ("bin blue at F2 now", "bin blue at f two now"),
        ("It’s the 2nd of Jan.", "it's the second of january"),
        ("St. John lives in Baker St.", "saint john lives in baker street"),
        ("the U.S.A. and the BBC", "the u s a and the bbc"),
        ("call 555-1234", "call five five five one two three four"),
        ("[noise] well <unk> no", "well no"),
        ("rock-and-roll", "rock and roll"),
        ("'quoted' words", "quoted words"),
        ("Café, naïve", "café naïve"),
        ("cafe\u0301", "café"),
    ],
)
def test_text_is_written_out_as_one_says_it(text: str, words: str) -> None:
    assert spoken_words(text, "en") == words.split()


def test_a_text_of_no_known_language_is_read_as_english() -> None:
    assert spoken_words("3 cats", None) == ["three", "cats"]


def test_numbers_are_spoken_in_the_language_of_the_text() -> None:
    assert spoken_words("la dictée numéro 1, page 21", "fr") == [
        "la",
        "dictée",
        "numéro",
        "un",
        "page",
        "vingt",
        "et",
        "un",
    ]
    assert spoken_words("北京3个", "zh") == ["北京", "三", "个"]


def test_numbers_are_left_out_where_the_language_is_not_known() -> None:
    assert spoken_words("kuwa 3 au", "xx") == ["kuwa", "au"]


@pytest.mark.parametrize("text", ["", "   ", "...", "[laughter]", "<unk>", "—", "'''"])
def test_a_text_without_words_gives_none(text: str) -> None:
    assert spoken_words(text) == []


@pytest.mark.parametrize(
    ("text", "language"), [("привет мир", "ru"), ("γειά σου", "el"), ("日本語", "ja"), ("안녕 세상", "ko")]
)
def test_a_word_keeps_its_script(text: str, language: str) -> None:
    assert spoken_words(text, language) == text.split()


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("殺自己的腳", "zh", "殺 自己 的 腳"),
        ("我今天去北京大学上课。", "zh", "我 今天 去 北京 大学 上课"),
        ("電球が、ともっていた", "ja", "電球 が とも って い た"),
        ("キャンプの外れ", None, "キャンプ の 外れ"),
        ("สวัสดีชาวโลก", "th", "สวัสดี ชาว โลก"),
        ("用Python上课", "zh", "用 python 上课"),
        ("안녕하세요 세상", "ko", "안녕하세요 세상"),
    ],
)
def test_what_is_written_without_blanks_is_divided_into_words(text: str, language: str | None, words: str) -> None:
    assert spoken_words(text, language) == words.split()


@settings(max_examples=200)
@given(st.text(alphabet="的我今北京大学上课キャンプー々がのいたสวัดีโลก้ကမ្ពុabc é'。、", max_size=30))
def test_dividing_loses_and_changes_nothing(text: str) -> None:
    kept = [one for one in unicodedata.normalize("NFC", text) if unicodedata.category(one)[0] in "LM"]
    assert [one for one in "".join(spoken_words(text, "xx")) if one != "'"] == kept


@pytest.mark.parametrize(
    ("text", "language"),
    [("नमस्ते दुनिया", "hi"), ("สวัสดี", "th"), ("தமிழ் மொழி", "ta"), ("مَرْحَبًا", "ar"), ("n̈u m̀a", "xx")],
)
def test_vowel_signs_and_combining_accents_stay_within_their_word(text: str, language: str) -> None:
    assert spoken_words(text, language) == text.split()


def test_a_dotted_capital_i_stays_within_its_word() -> None:
    assert len(spoken_words("İstanbul", "tr")) == 1


@settings(max_examples=300)
@given(st.text(), st.sampled_from(["en", None, "de", "fr", "ru", "hi", "zh", "ja", "xx", ""]))
def test_any_text_gives_words_and_never_raises(text: str, language: str | None) -> None:
    for word in spoken_words(text, language):
        assert word
        assert not any(character.isspace() or character.isdecimal() for character in word)


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.,:-/$%£€'’ aAsStTnNdD()[]<>", max_size=30))
def test_any_jumble_of_digits_and_signs_gives_words_without_digits(text: str) -> None:
    assert not any(character.isdigit() for word in spoken_words(text) for character in word)


@settings(max_examples=200)
@given(st.lists(st.one_of(nouns, numbers), min_size=1, max_size=6).map(" ".join))
def test_english_gives_lower_case_words_of_letters_and_apostrophes(text: str) -> None:
    words = spoken_words(text, "en")
    assert words
    assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz'") for word in words)


@settings(max_examples=100)
@given(st.integers(0, 10**12))
def test_every_whole_number_is_spoken(number: int) -> None:
    assert spoken_words(f"take {number} now")[1:-1]


@settings(max_examples=100)
@given(st.lists(st.one_of(nouns, numbers), max_size=6).map(" ".join))
def test_spoken_words_are_spoken_as_they_are(text: str) -> None:
    words = spoken_words(text, "en")
    assert spoken_words(" ".join(words), "en") == words
