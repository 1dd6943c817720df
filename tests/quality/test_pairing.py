"""quality/pairing.py: words and phones laid side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.quality.pairing import comparable_phone, comparable_word, equal_pairs, pairs, word_errors

labels = st.lists(st.sampled_from(["a", "b", "c"]), max_size=7)


def edits(first: list[str], second: list[str]) -> int:
    """Levenshtein's distance, row by row."""
    before = list(range(len(second) + 1))
    for i, one in enumerate(first, start=1):
        row = [i]
        for j, other in enumerate(second, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (one != other)))
        before = row
    return before[-1]


@given(labels, labels)
def test_errors_are_the_least_edits_and_pairs_are_of_such(first: list[str], second: list[str]) -> None:
    assert word_errors(first, second) == edits(first, second)
    found = pairs(first, second)
    assert found == sorted(found)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found)
    substituted = sum(first[i] != second[j] for i, j in found)
    assert substituted + len(first) + len(second) - 2 * len(found) == edits(first, second)
    assert equal_pairs(first, second) == [(i, j) for i, j in found if first[i] == second[j]]


@pytest.mark.parametrize(
    ("label", "expected"), [("AH0_B", "AH"), ("ax", "AH"), ("axr", "ER"), ("aʊ", "AƱ"), ("a b", "A_B")]
)
def test_phones_are_compared_without_stress_and_with_one_schwa(label: str, expected: str) -> None:
    assert comparable_phone(label) == expected


def test_words_are_compared_without_case_and_in_one_piece() -> None:
    assert comparable_word("New  York") == "new_york"
    assert equal_pairs([comparable_word("New York")], [comparable_word("new york")]) == [(0, 0)]
