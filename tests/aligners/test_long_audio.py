"""long_audio.py with a made-up engine: words at known times in a recording whose samples tell their own place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Interval
from kmtalk_align.aligners.long_audio import align_in_windows
from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import AlignmentError

WINDOW_S = 6.0
PAUSE_S = 0.05
Times = list[tuple[float, float]]


class MadeUpEngine:
    """Knows when each word is spoken: word n is the token ``w<n>``. A word that a window cuts off is squeezed in."""

    def __init__(self, times: Times) -> None:
        self.times = times
        self.windows: list[tuple[float, float]] = []
        self.offered: list[int] = []

    def align_window(self, samples: Samples, tokens: Sequence[str]) -> list[list[Interval]] | None:
        begin, end = place_of(samples)
        self.windows.append((begin, end))
        found = []
        for token in tokens:
            start_s, end_s = self.times[int(token[1:])]
            if start_s < begin - 1e-3 or end_s > end + 1e-3:
                return None
            middle = (start_s + end_s) / 2
            spans = [(start_s, middle), (middle, end_s)]
            found.append([Interval(one - begin, two - begin, token, -1.0) for one, two in spans])
        return found

    def match_prefix(self, samples: Samples, tokens: Sequence[str]) -> list[Interval]:
        begin, end = place_of(samples)
        self.offered.append(len(tokens))
        found: list[Interval] = []
        before = begin
        for token in tokens:
            start_s, end_s = self.times[int(token[1:])]
            if start_s < begin - 1e-3:
                return []
            if start_s >= end:
                break
            found += pause(before - begin, start_s - begin)
            found.append(Interval(start_s - begin, min(end_s, end) - begin, token))
            before = min(end_s, end)
        return found + pause(before - begin, end - begin)


def pause(start_s: float, end_s: float) -> list[Interval]:
    return [Interval(start_s, end_s, "<sil>")] if end_s - start_s > PAUSE_S else []


def place_of(samples: Samples) -> tuple[float, float]:
    """Begin and end in seconds of a stretch of `recording`."""
    return float(samples[0]) / SAMPLE_RATE, (float(samples[-1]) + 1) / SAMPLE_RATE


def recording(duration_s: float) -> Samples:
    return np.arange(round(duration_s * SAMPLE_RATE), dtype=np.float32)


def align(times: Times, duration_s: float, window_s: float = WINDOW_S) -> tuple[Times, MadeUpEngine]:
    engine = MadeUpEngine(times)
    tokens = [f"w{number}" for number in range(len(times))]
    found = align_in_windows(engine, recording(duration_s), tokens, window_s, "recording 7")
    assert [{phone.label for phone in word} for word in found] == [{token} for token in tokens]
    return [(word[0].start_s, word[-1].end_s) for word in found], engine


def steady(n_words: int, length_s: float, gap_s: float = 0.0, start_s: float = 0.0) -> Times:
    return [(start_s + n * (length_s + gap_s), start_s + n * (length_s + gap_s) + length_s) for n in range(n_words)]


def assert_times(found: Times, expected: Times) -> None:
    np.testing.assert_allclose(np.array(found), np.array(expected), atol=1e-3)


def test_a_recording_within_the_window_is_aligned_at_once() -> None:
    times = steady(10, 0.4, 0.1)
    found, engine = align(times, 6.0)
    assert_times(found, times)
    assert engine.windows == [(0.0, 6.0)]
    assert engine.offered == []


def test_words_with_pauses_come_out_at_their_times() -> None:
    times = steady(50, 0.4, 0.2)
    found, engine = align(times, 31.0)
    assert_times(found, times)
    assert len(engine.windows) > 5


def test_words_without_any_pause_come_out_at_their_times() -> None:
    times = steady(80, 0.37)
    found, engine = align(times, 30.0)
    assert_times(found, times)
    assert len(engine.windows) > 5


def test_a_window_with_a_single_pause_is_cut_in_its_middle() -> None:
    times = [*steady(7, 0.4), *steady(7, 0.4, start_s=3.2)]
    found, engine = align(times, 7.0)
    assert_times(found, times)
    assert engine.windows[0] == pytest.approx((0.0, 3.0), abs=1e-3)


def test_a_pause_near_the_start_does_not_make_the_window_tiny() -> None:
    times = [(0.1, 0.4), *steady(20, 0.4, start_s=0.8)]
    _, engine = align(times, 9.0)
    assert engine.windows[0][1] > WINDOW_S / 3


def test_no_window_is_longer_than_allowed() -> None:
    _, engine = align(steady(60, 0.3, 0.3), 40.0)
    assert max(end - begin for begin, end in engine.windows) <= WINDOW_S + 1e-3


def test_no_window_of_speech_is_cut_in_its_doubtful_last_two_seconds() -> None:
    _, engine = align(steady(60, 0.3, 0.3), 40.0)
    assert max(end - begin for begin, end in engine.windows[:-1]) <= WINDOW_S - 2.0 + 1e-3


def test_windows_follow_each_other_without_overlap() -> None:
    _, engine = align(steady(60, 0.3, 0.2), 32.0)
    assert all(two[0] >= one[1] - 1e-3 for one, two in pairwise(engine.windows))


def test_silence_over_whole_windows_is_passed_over() -> None:
    times = [*steady(5, 0.4, 0.1), *steady(5, 0.4, 0.1, start_s=32.0)]
    assert_times(align(times, 40.0)[0], times)


def test_silence_before_the_first_word_is_passed_over() -> None:
    times = steady(5, 0.4, 0.1, start_s=13.0)
    assert_times(align(times, 20.0)[0], times)


def test_silence_after_the_last_word_is_passed_over() -> None:
    times = steady(5, 0.4, 0.1)
    assert_times(align(times, 40.0)[0], times)


def test_words_that_begin_in_the_last_seconds_of_a_silent_window_come_out_at_their_times() -> None:
    times = steady(5, 0.4, 0.1, start_s=WINDOW_S - 1.5)
    assert_times(align(times, 20.0)[0], times)


def test_a_word_across_the_end_of_a_silent_window_comes_out_at_its_time() -> None:
    times = [(WINDOW_S - 0.1, WINDOW_S + 0.3)]
    assert_times(align(times, 20.0)[0], times)


def test_no_words_give_no_phones() -> None:
    found, engine = align([], 20.0)
    assert found == []
    assert engine.windows == []


def test_an_empty_recording_without_words_gives_no_phones() -> None:
    assert align([], 0.0)[0] == []


def test_words_of_an_empty_recording_are_an_error() -> None:
    with pytest.raises(AlignmentError, match="recording 7"):
        align_in_windows(MadeUpEngine([(0.0, 1.0)]), recording(0.0), ["w0"], WINDOW_S, "recording 7")


def test_words_that_nobody_says_are_an_error_that_names_recording_time_and_words() -> None:
    times = [*steady(20, 0.4, 0.1), (98.0, 99.0)]
    with pytest.raises(AlignmentError) as caught:
        align(times, 15.0)
    assert "recording 7: the words cannot be aligned with the sound from " in str(caught.value)
    assert "to 15.0 s" in str(caught.value)
    assert "w20" in str(caught.value)


def test_a_window_is_offered_no_more_words_than_one_can_say() -> None:
    _, engine = align(steady(100, 0.2, 0.2), 41.0)
    assert engine.offered
    assert max(engine.offered) <= 6 * WINDOW_S


def test_phones_keep_their_scores() -> None:
    tokens = [f"w{number}" for number in range(40)]
    found = align_in_windows(MadeUpEngine(steady(40, 0.3, 0.2)), recording(21.0), tokens, WINDOW_S, "x")
    assert {phone.score for word in found for phone in word} == {-1.0}


@st.composite
def speech(draw: st.DrawFn) -> tuple[Times, float]:
    """Words of 0.1 to 0.8 s and gaps of up to 9 s, most of them short; and the recording's duration."""
    gaps = st.one_of(st.just(0), st.integers(0, 30), st.integers(0, 900))
    times, now = [], 0
    for _ in range(draw(st.integers(1, 40))):
        now += draw(gaps)
        end = now + draw(st.integers(20, 80))
        times.append((now / 100, end / 100))
        now = end
    return times, (now + draw(gaps)) / 100 + 0.01


@settings(max_examples=80)
@given(speech())
def test_all_words_come_out_at_their_times_whatever_the_pauses(spoken: tuple[Times, float]) -> None:
    times, duration_s = spoken
    assert_times(align(times, duration_s)[0], times)
