"""The unit list of Auto-AVSR, and the text that its pieces make."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.asr.auto_avsr.units import Units
from kmtalk_align.errors import WeightsError
from kmtalk_align.text import spoken_words
from tests.tiny_auto_avsr import PIECES, save_units


def test_pieces_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    units = Units.read(str(save_units(tmp_path / "units.txt")))
    assert units == Units(tuple(PIECES))
    assert units.outputs == len(PIECES) + 2


@pytest.mark.parametrize(
    ("ids", "text", "words"),
    [
        ([], "", []),
        ([2, 3, 4], "the boat", ["the", "boat"]),
        ([2, 5, 6], "the 2nd", ["the", "second"]),
        ([3, 4, 7, 5], "boats 2", ["boats", "two"]),
        ([2, 3, 1, 4], "the bo<unk>at", ["the", "bo", "at"]),
    ],
)
def test_pieces_become_words_and_digits_are_spelt_out(ids: list[int], text: str, words: list[str]) -> None:
    found = Units(tuple(PIECES)).text(ids)
    assert found == text
    assert spoken_words(found, "en") == words


@given(st.lists(st.text("ABCXYZ'", min_size=1), min_size=1))
def test_words_cut_into_pieces_come_back(words: list[str]) -> None:
    letters = [*"ABCXYZ'", "\u2581"]
    spelt = [letters.index(letter) + 1 for word in words for letter in f"\u2581{word}"]
    assert Units(tuple(letters)).text(spelt) == " ".join(words).lower()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no unit"),
        (b"<unk> 1\nTHE\n", "line 2: is 'THE', and should be a piece and the id 2"),
        (b"<unk> 0\nTHE 1\n", "line 1: is '<unk> 0', and should be a piece and the id 1"),
        (b"<unk> 1\n\nTHE 3\n", "line 2: is ''"),
        (b"<unk> 1\n 2\n", "line 2: is ' 2'"),
        (b"\xff\xfe\x00", "cannot be read as text"),
    ],
)
def test_another_list_is_an_error_that_names_the_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "units.txt"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        Units.read(str(path))
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("given_path", ["", "nowhere/units.txt"])
def test_a_missing_list_is_an_error_that_says_who_publishes_it(given_path: str) -> None:
    with pytest.raises(WeightsError, match=r"unigram5000_units\.txt in their project mpc001/auto_avsr on GitHub"):
        Units.read(given_path)
