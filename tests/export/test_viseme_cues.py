from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import ConfigError
from kmtalk_model.export.visemes.cues import Cue, cues_of
from kmtalk_model.export.visemes.sets import viseme_set


def phones(*parts: tuple[float, float, str]) -> list[Interval]:
    return [Interval(start, end, label) for start, end, label in parts]


def cues(found: list[Interval], seconds: float, name: str = "oculus") -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.viseme) for one in cues_of(found, seconds, viseme_set(name))]


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0, 0.3), st.floats(0.001, 0.4), st.sampled_from(["M", "AA1", "AY0", "HH", "F", "", "sil", "spn"])
        ),
        max_size=12,
    ),
    rest=st.floats(-0.05, 0.5),
    name=st.sampled_from(["oculus", "rhubarb"]),
)
def test_cues_fill_the_recording_without_gap_or_overlap(
    steps: list[tuple[float, float, str]], rest: float, name: str
) -> None:
    ends = list(accumulate(gap + length for gap, length, _ in steps))
    said = [Interval(end - step[1], end, step[2]) for end, step in zip(ends, steps, strict=True)]
    seconds = max((ends[-1] if ends else 0) + rest, 0.02)
    found = cues_of(said, seconds, viseme_set(name))
    assert found[0].start == 0
    assert found[-1].end / 100 <= seconds + 1e-9 < found[-1].end / 100 + 0.01 + 1e-9
    assert all(one.start < one.end for one in found)
    for one, following in pairwise(found):
        assert one.end == following.start
        assert one.viseme != following.viseme


def test_silence_is_filled_and_neighbours_that_look_alike_are_one() -> None:
    found = phones((0.1, 0.2, "P"), (0.2, 0.3, "M"), (0.5, 0.6, "AA1"), (0.6, 0.7, "sp"), (0.7, 0.75, "B"))
    assert cues(found, 1.0) == [
        (0, 10, "sil"),
        (10, 30, "PP"),
        (30, 50, "sil"),
        (50, 60, "aa"),
        (60, 70, "sil"),
        (70, 75, "PP"),
        (75, 100, "sil"),
    ]


def test_a_diphthong_has_two_shapes_the_first_of_them_longer() -> None:
    assert cues(phones((0.0, 0.5, "AY1")), 0.5, "rhubarb") == [(0, 30, "D"), (30, 50, "B")]
    assert cues(phones((0.0, 0.5, "ow")), 0.5) == [(0, 30, "oh"), (30, 50, "ou")]


def test_an_h_looks_like_what_follows() -> None:
    who, high = phones((0, 0.1, "HH"), (0.1, 0.3, "UW1")), phones((0, 0.1, "HH"), (0.1, 0.2, "AY1"))
    assert cues(who, 0.3) == [(0, 30, "ou")]
    assert cues(high, 0.2, "rhubarb") == [(0, 16, "D"), (16, 20, "B")]
    assert cues(phones((0, 0.1, "AA1"), (0.1, 0.2, "HH")), 0.3) == [(0, 10, "aa"), (10, 30, "sil")]


def test_times_stay_within_the_recording() -> None:
    assert cues(phones((0.0, 0.4, "M"), (0.4, 1.2, "AA1")), 0.999) == [(0, 40, "PP"), (40, 99, "aa")]
    assert cues(phones((0.0, 0.4, "M"), (1.0, 1.2, "AA1")), 0.5) == [(0, 40, "PP"), (40, 50, "sil")]
    assert cues(phones((0.0, 0.29, "M")), 0.29) == [(0, 29, "PP")]


def test_what_is_shorter_than_a_hundredth_makes_room() -> None:
    assert cues(phones((0.0, 0.1, "M"), (0.1, 0.103, "AA1"), (0.103, 0.2, "F")), 0.2) == [(0, 10, "PP"), (10, 20, "FF")]


def test_without_phones_there_is_silence() -> None:
    assert cues([], 0.5, "rhubarb") == [(0, 50, "X")]


def test_festivals_small_letters_are_arpabet() -> None:
    assert cues(phones((0, 0.1, "y"), (0.1, 0.2, "eh")), 0.2) == [(0, 10, "ih"), (10, 20, "E")]


def test_unknown_phones_are_refused() -> None:
    with pytest.raises(ConfigError, match="no viseme is known for: PT"):
        cues_of(phones((0, 1, "PT")), 1, viseme_set("oculus"))
    assert cues_of(phones((0, 1, "PT")), 1, viseme_set("oculus").with_phones(["PT=PP"])) == [Cue(0, 100, "PP")]
