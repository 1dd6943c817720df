"""selectors.py against the definitions of DESIGN, computed another way."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import ConfigError
from kmtalk_align.frames import frame_of
from kmtalk_align.selectors import (
    PhonemeSelector,
    RandomSelector,
    UniformSelector,
    count,
    finish,
    phone_boundary_frames,
    selector,
    uniform_frames,
)

rates_fps = st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 100.0])
any_fps = rates_fps | st.floats(1.0, 240.0)
PHONES = [
    Interval(0.0, 0.1, "sil"),
    Interval(0.1, 0.2, "HH"),
    Interval(0.2, 0.5, "AH0"),
    Interval(0.5, 0.6, ""),
    Interval(0.6, 0.7, "spn"),
]


@st.composite
def phone_lists(draw: st.DrawFn) -> list[Interval]:
    bounds = sorted(draw(st.sets(st.integers(0, 20_000), min_size=2, max_size=20)))
    names = st.sampled_from(["AH0", "T", "sil", "", "spn", "+NSN+", "ɑ"])
    return [Interval(one / 1000, two / 1000, draw(names)) for one, two in pairwise(bounds)]


@given(st.floats(0, 36_000), any_fps)
@example(0.5, 25.0)
@example(0.02, 25.0)
def test_the_frame_of_a_time_is_the_nearest_one_half_up(time_s: float, fps: float) -> None:
    exact = Fraction(time_s) * Fraction(fps)
    assume(abs(exact % 1 - Fraction(1, 2)) > Fraction(1, 10**9) or exact * 2 == int(exact * 2))
    assert frame_of(time_s, fps) == floor(exact + Fraction(1, 2))


@given(st.floats(0, 36_000), any_fps)
def test_the_frame_of_a_time_is_the_formula_in_double_precision(time_s: float, fps: float) -> None:
    assert frame_of(time_s, fps) == int(np.floor(np.float64(time_s) * np.float64(fps) + np.float64(0.5)))


@given(st.integers(0, 1_000_000), rates_fps)
def test_the_time_of_a_frame_leads_back_to_it(frame: int, fps: float) -> None:
    assert frame_of(frame / fps, fps) == frame


@given(st.integers(1, 20_000), st.data())
def test_uniform_frames_are_the_exact_formula(n_frames: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(1, min(n_frames, 200)))
    exact = [floor(Fraction(2 * j + 1, 2) * n_frames / m) for j in range(m)]
    assert uniform_frames(n_frames, m) == exact


@given(st.integers(1, 3_000), st.data())
def test_uniform_frames_are_distinct_and_in_range(n_frames: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(1, n_frames))
    frames = uniform_frames(n_frames, m)
    assert sorted(set(frames)) == frames
    assert 0 <= frames[0] <= frames[-1] < n_frames


def test_uniform_at_full_rate_takes_every_frame() -> None:
    assert uniform_frames(7, 7) == list(range(7))


@given(st.integers(0, 1000), st.integers(1, 5_000))
def test_the_count_is_the_rate_half_up_at_least_two_at_most_all(permille: int, n_frames: int) -> None:
    exact = Fraction(permille, 1000) * n_frames
    assume(abs(exact % 1 - Fraction(1, 2)) > Fraction(1, 10**6))
    assert count(permille / 1000, n_frames) == min(n_frames, max(2, floor(exact + Fraction(1, 2))))


@pytest.mark.parametrize(
    ("rate", "n_frames", "m"),
    [(0.5, 5, 3), (0.5, 7, 4), (0.25, 10, 3), (0.33, 100, 33), (0.0, 10, 2), (0.01, 10, 2), (1.0, 9, 9), (0.5, 1, 1)],
)
def test_the_count_at_halves_and_at_the_bounds(rate: float, n_frames: int, m: int) -> None:
    assert count(rate, n_frames) == m


@given(st.lists(st.integers(-50, 250)), st.integers(1, 200), st.integers(-20, 20), st.booleans())
def test_finish_is_offset_then_clip_then_anchor_then_unique(
    frames: list[int], n_frames: int, offset: int, anchor_ends: bool
) -> None:
    member = [False] * n_frames
    for frame in frames:
        member[max(0, min(n_frames - 1, frame + offset))] = True
    if anchor_ends:
        member[0] = member[-1] = True
    expected = [place for place in range(n_frames) if member[place]]
    assert finish(frames, n_frames, offset=offset, anchor_ends=anchor_ends) == expected


def test_the_offset_does_not_move_the_anchors() -> None:
    assert finish([3], 10, offset=2, anchor_ends=True) == [0, 5, 9]


def test_phone_boundaries_are_start_and_end_of_every_phone_but_silence() -> None:
    assert phone_boundary_frames(PHONES, 10.0) == [1, 2, 2, 5, 6, 7]


def test_a_phone_of_silence_gives_no_key_frame() -> None:
    assert phone_boundary_frames([Interval(0.0, 1.0, "sil"), Interval(1.0, 2.0, "")], 25.0) == []


@given(phone_lists(), any_fps, st.integers(1, 800), st.integers(-3, 3), st.booleans())
def test_phoneme_key_frames_are_those_nearest_to_a_boundary(
    phones: list[Interval], fps: float, n_frames: int, offset: int, anchor_ends: bool
) -> None:
    times = [time for one in phones if one.label in ("AH0", "T", "spn", "ɑ") for time in (one.start_s, one.end_s)]
    nearest = np.floor(np.array(times, np.float64) * fps + 0.5).astype(int) + offset
    expected = set(np.clip(nearest, 0, n_frames - 1).tolist()) | ({0, n_frames - 1} if anchor_ends else set())
    chosen = PhonemeSelector().choose("id", n_frames, fps, phones)
    assert finish(chosen.frames, n_frames, offset=offset, anchor_ends=anchor_ends) == sorted(expected)
    assert chosen.source == "phoneme"


def test_where_aligning_failed_phonemes_fall_back_to_uniform() -> None:
    chosen = PhonemeSelector(fallback_rate=0.5).choose("id", 10, 25.0, None)
    assert chosen.frames == [1, 3, 5, 7, 9]
    assert chosen.source == "fallback"


def test_a_uniform_rate_needs_no_phones() -> None:
    chosen = UniformSelector(rate=0.3).choose("id", 10, 25.0, None)
    assert (chosen.frames, chosen.source) == ([1, 5, 8], "uniform")


@pytest.mark.parametrize("made", [UniformSelector(rate="matched"), RandomSelector(rate="matched")])
def test_a_matched_rate_takes_as_many_frames_as_the_phones_give(made: Any) -> None:
    assert len(made.choose("id", 20, 10.0, PHONES).frames) == len({1, 2, 5, 6, 7})


@given(phone_lists(), any_fps, st.integers(1, 500))
def test_a_matched_count_is_that_of_the_phonemes_at_least_two(
    phones: list[Interval], fps: float, n_frames: int
) -> None:
    phoneme = finish(
        PhonemeSelector().choose("id", n_frames, fps, phones).frames, n_frames, offset=0, anchor_ends=False
    )
    matched = UniformSelector(rate="matched").choose("id", n_frames, fps, phones)
    assert len(matched.frames) == min(n_frames, max(2, len(phoneme)))
    assert matched.source == "uniform"


@pytest.mark.parametrize("made", [UniformSelector, RandomSelector])
def test_a_matched_rate_without_an_alignment_is_a_fallback(made: Any) -> None:
    chosen = made(rate="matched", fallback_rate=0.2).choose("id", 20, 25.0, None)
    assert (chosen.frames, chosen.source) == ([2, 7, 12, 17], "fallback")


@given(st.text(), st.integers(0, 2**32), st.floats(0, 1), st.integers(1, 400))
def test_random_frames_are_as_many_as_uniform_distinct_and_in_range(
    utterance_id: str, seed: int, rate: float, n_frames: int
) -> None:
    chosen = RandomSelector(rate=rate, seed=seed).choose(utterance_id, n_frames, 25.0, None)
    assert chosen.source == "random"
    assert len(set(chosen.frames)) == len(chosen.frames) == count(rate, n_frames)
    assert all(0 <= frame < n_frames for frame in chosen.frames)
    assert all(isinstance(frame, int) for frame in chosen.frames)


def test_random_frames_depend_on_the_seed_and_the_id() -> None:
    drawn = {
        tuple(RandomSelector(seed=seed).choose(name, 300, 25.0, None).frames)
        for seed in (0, 1, 10)
        for name in ("a", "b", "0", "1")
    }
    assert len(drawn) == 12


def test_random_frames_depend_on_nothing_else() -> None:
    made = RandomSelector(seed=5)
    first = made.choose("a", 300, 25.0, PHONES).frames
    np.random.default_rng().random()
    made.choose("b", 300, 25.0, None)
    assert RandomSelector(seed=5, anchor_ends=False).choose("a", 300, 60.0, None).frames == first


def test_random_frames_are_the_same_in_another_process() -> None:
    code = (
        "from kmtalk_align.selectors import RandomSelector;"
        "print(RandomSelector(seed=5).choose('žluť', 300, 25.0, None).frames)"
    )
    shown = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    expected = f"{RandomSelector(seed=5).choose('žluť', 300, 25.0, None).frames}\n"
    assert shown == [expected, expected]


def test_random_frames_cover_every_frame_about_equally() -> None:
    hits = np.zeros(20)
    for number in range(400):
        hits[RandomSelector(rate=0.25).choose(f"id {number}", 20, 25.0, None).frames] += 1
    assert hits.sum() == 400 * 5
    assert hits.min() > 60
    assert hits.max() < 140


@pytest.mark.parametrize(
    ("block", "made"),
    [
        ({"kind": "phoneme"}, PhonemeSelector()),
        ({"kind": "phoneme", "offset": -1, "anchor_ends": False}, PhonemeSelector(offset=-1, anchor_ends=False)),
        ({"kind": "uniform", "rate": 1}, UniformSelector(rate=1.0)),
        ({"kind": "uniform", "rate": "matched"}, UniformSelector(rate="matched")),
        ({"kind": "random", "rate": 0.5, "seed": 7}, RandomSelector(rate=0.5, seed=7)),
    ],
)
def test_a_block_makes_its_selector(block: dict[str, Any], made: Any) -> None:
    assert selector(block) == made


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"kind": "phonemes"}, "choose from: phoneme, uniform, random"),
        ({}, "choose from: phoneme, uniform, random"),
        ({"kind": "phoneme", "rate": 0.5}, "the keys are: kind, offset, anchor_ends, fallback_rate"),
        ({"kind": "uniform", "rate": "all"}, "rate"),
        ({"kind": "uniform", "offset": 1.5}, "offset"),
    ],
)
def test_a_wrong_block_is_a_config_error_that_says_what_is_right(block: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        selector(block)


@pytest.mark.parametrize("rate", [-0.1, 33.0, float("nan")])
def test_a_rate_outside_zero_to_one_is_a_config_error(rate: float) -> None:
    with pytest.raises(ConfigError, match="rate"):
        selector({"kind": "uniform", "rate": rate})
