"""Words to the labels of a CTC head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_model.characters import ENGLISH, Characters
from tests.tiny_wav2vec2 import LABELS

WORDS = st.lists(st.text("abcxyz'é日|A", max_size=6), max_size=5)


def test_words_are_characters_with_a_delimiter_between_them() -> None:
    found = ENGLISH.encode(["it's", "a", "cab"])
    assert found.ids == (11, 22, 2, 21, 1, 3, 1, 5, 3, 4)
    assert found.dropped == {}
    assert ENGLISH.encode(["it’s"]).ids == (11, 22, 2, 21)
    assert ENGLISH.encode([]).ids == ()


def test_what_has_no_label_is_dropped_and_counted() -> None:
    found = ENGLISH.encode(["日日", "café", "b", "é"])
    assert found.ids == (5, 3, 8, 1, 4)
    assert found.dropped == {"日": 2, "é": 2}


def test_a_teachers_labels_are_met_whatever_their_case() -> None:
    teacher = Characters.of_teacher({label: place for place, label in enumerate(LABELS)}, len(LABELS), blank=0)
    assert teacher.encode(["ab", "Ca"]).ids == (5, 6, 4, 7, 5)
    assert teacher.encode(["|"]).dropped == {"|": 1}
    both = Characters({"|": 3, "a": 1, "A": 2}, size=5, blank=4)
    assert both.encode(["aA", "A"]).ids == (1, 2, 3, 2)


def test_labels_that_a_head_has_not_are_refused() -> None:
    with pytest.raises(ValueError, match="between words"):
        Characters({"a": 1}, size=2)
    with pytest.raises(ValueError, match=r"3 outputs, blank 0, have no room for: \['a'\]"):
        Characters({"|": 1, "a": 3}, size=3)
    with pytest.raises(ValueError, match=r"blank 1, have no room for: \['\|'\]"):
        Characters({"|": 1}, size=3, blank=1)
    with pytest.raises(ValueError, match="blank 3"):
        Characters({"|": 1}, size=3, blank=3)


@given(WORDS)
def test_no_character_is_lost_uncounted(words: list[str]) -> None:
    found = ENGLISH.encode(words)
    delimiter = ENGLISH.ids["|"]
    assert ENGLISH.blank not in found.ids
    characters = [one for one in found.ids if one != delimiter]
    assert len(characters) + sum(found.dropped.values()) == sum(map(len, words))
    spoken = [word for word in words if any(one not in "é日|" for one in word)]
    assert found.ids.count(delimiter) == max(0, len(spoken) - 1)
    assert found.ids[:1] != (delimiter,)
    assert found.ids[-1:] != (delimiter,)
