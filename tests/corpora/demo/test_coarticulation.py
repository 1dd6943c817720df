"""coarticulation.py: dominance functions over phones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.corpora.demo.coarticulation import Phone, articulate
from kmtalk_align.corpora.demo.visemes import ARTICULATORS, PHONES, visemes

SPOKEN = st.lists(st.tuples(st.sampled_from(PHONES), st.integers(2, 60)), min_size=1, max_size=12)


def phones_of(spoken: list[tuple[str, int]]) -> list[Phone]:
    ends = np.cumsum([length for _, length in spoken]) / 100
    starts = [0.0, *ends[:-1]]
    return [Phone(float(start), float(end), label) for (label, _), start, end in zip(spoken, starts, ends, strict=True)]


def test_a_phone_alone_is_at_its_target_all_the_time() -> None:
    places = articulate([Phone(0, 0.5, "aa")], np.linspace(0, 0.5, 11))
    for name, place in places.items():
        assert place == pytest.approx(visemes("aa")[0].goals[name].target)


@given(SPOKEN)
def test_every_place_lies_between_the_targets(spoken: list[tuple[str, int]]) -> None:
    phones = phones_of(spoken)
    parts = [viseme for label, _ in spoken for viseme in visemes(label)]
    for name, place in articulate(phones, np.linspace(0, phones[-1].end_s, 50)).items():
        targets = [part.goals[name].target for part in parts]
        assert np.isfinite(place).all()
        assert place.min() >= min(targets) - 1e-9
        assert place.max() <= max(targets) + 1e-9


@given(SPOKEN, st.floats(0, 1))
def test_a_moment_is_the_same_whatever_else_is_asked(spoken: list[tuple[str, int]], share: float) -> None:
    phones = phones_of(spoken)
    moment = share * phones[-1].end_s
    alone = articulate(phones, np.array([moment]))
    among = articulate(phones, np.array([0.0, moment, phones[-1].end_s]))
    assert all(among[name][1] == pytest.approx(place[0], rel=1e-12) for name, place in alone.items())


@given(SPOKEN, st.floats(0, 100))
def test_speech_later_is_the_same_later(spoken: list[tuple[str, int]], delay: float) -> None:
    phones = phones_of(spoken)
    later = [Phone(one.start_s + delay, one.end_s + delay, one.label) for one in phones]
    times = np.linspace(0, phones[-1].end_s, 20)
    before, after = articulate(phones, times), articulate(later, times + delay)
    assert all(after[name] == pytest.approx(place, abs=1e-6) for name, place in before.items())


def test_two_phones_meet_by_their_dominances() -> None:
    """The formula by hand, at the boundary of two phones: half a phone from either middle, held middles apart."""
    jaw = ARTICULATORS["jaw"]
    first, second = visemes("aa")[0].goals["jaw"], visemes("s")[0].goals["jaw"]
    tau = np.hypot(0.05, 0.02) - 0.02
    pulls = first.dominance * np.exp(-jaw.carry_over * tau), second.dominance * np.exp(-jaw.anticipation * tau)
    expected = (pulls[0] * first.target + pulls[1] * second.target) / sum(pulls)
    place = articulate([Phone(0, 0.1, "aa"), Phone(0.1, 0.2, "s")], np.array([0.1]))["jaw"]
    assert place[0] == pytest.approx(expected)


def test_rounding_starts_before_its_phone() -> None:
    plain = articulate([Phone(0, 0.1, "t"), Phone(0.1, 0.3, "aa")], np.array([0.05]))["pucker"]
    rounded = articulate([Phone(0, 0.1, "t"), Phone(0.1, 0.3, "uw")], np.array([0.05]))["pucker"]
    assert rounded[0] > plain[0] + 0.2


def test_a_vowel_opens_less_between_closed_consonants_when_it_is_short() -> None:
    def opening(length: float) -> float:
        phones = [Phone(0, 0.1, "s"), Phone(0.1, 0.1 + length, "aa"), Phone(0.1 + length, 0.2 + length, "s")]
        return float(articulate(phones, np.array([0.1 + length / 2]))["jaw"][0])

    assert opening(0.04) < 0.75 * opening(0.2)


def test_long_silence_returns_to_rest() -> None:
    phones = [Phone(0, 0.1, "aa"), Phone(0.1, 1.1, "pau"), Phone(1.1, 1.2, "aa")]
    places = articulate(phones, np.array([0.6]))
    assert all(place[0] < 0.01 for place in places.values())
