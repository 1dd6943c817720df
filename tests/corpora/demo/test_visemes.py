"""visemes.py: every phone of the demo has goals that make sense."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kmtalk_align.corpora.demo.visemes import ARTICULATORS, PHONES, visemes

VOWELS = {"aa", "ae", "ah", "ao", "aw", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw"}
CONSONANTS = {
    *("b", "ch", "d", "dh", "f", "g", "hh", "jh", "k", "l", "m", "n"),
    *("ng", "p", "r", "s", "sh", "t", "th", "v", "w", "y", "z", "zh"),
}


def test_the_phones_are_arpabet_with_schwa_and_silence() -> None:
    assert len(VOWELS | CONSONANTS) == 39
    assert set(PHONES) == {*VOWELS, *CONSONANTS, "ax", "pau"}


def test_every_phone_of_the_demo_is_known(demo_root: Path) -> None:
    spoken = set()
    for path in (demo_root / "phones").glob("*.csv"):
        with path.open(newline="") as file:
            spoken |= {row["phone"] for row in csv.DictReader(file)}
    assert spoken <= set(PHONES)


@pytest.mark.parametrize("phone", PHONES)
def test_each_viseme_has_a_goal_for_each_articulator_and_no_other(phone: str) -> None:
    for viseme in visemes(phone):
        assert set(viseme.goals) == set(ARTICULATORS)
        assert all(goal.target >= 0 and goal.dominance > 0 for goal in viseme.goals.values())


@pytest.mark.parametrize("phone", ["p", "b", "m"])
def test_bilabials_aim_beyond_contact_and_nothing_else_closes(phone: str) -> None:
    assert visemes(phone)[0].goals["closure"].target > 1
    others = [viseme for other in PHONES if other not in "pbm" for viseme in visemes(other)]
    assert all(viseme.goals["closure"].target == 0 for viseme in others)


def test_a_diphthong_is_its_two_vowels() -> None:
    assert visemes("ay") == (*visemes("aa"), *visemes("ih"))


def test_silence_wants_rest() -> None:
    assert all(goal.target == 0 for goal in visemes("pau")[0].goals.values())


def test_no_phone_is_an_error() -> None:
    with pytest.raises(KeyError):
        visemes("xx")
