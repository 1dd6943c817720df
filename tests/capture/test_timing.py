"""timing.py: pictures of any times become motion of even ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.capture.timing import at_even_times, check_times, frame_rate
from kmtalk_align.errors import CaptureError


def test_even_times_of_the_same_rate_are_left_as_they_are() -> None:
    values = np.random.default_rng(0).normal(size=(75, 4, 3))
    for shift in (0.0, 0.003):
        even, changed = at_even_times(values, np.arange(75) / 25 + shift, 25)
        assert not changed
        assert even is values


@given(
    gaps=st.lists(st.floats(0.005, 0.1), min_size=2, max_size=40),
    start=st.floats(-0.5, 0.08),
    fps=st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0]),
)
def test_a_steady_movement_stays_one(gaps: list[float], start: float, fps: float) -> None:
    times = start + np.r_[0, np.cumsum(gaps)]
    even, changed = at_even_times(np.stack([times, 2 * times + 1], axis=1), times, fps)
    wanted = np.arange(len(even)) / fps
    if changed:
        np.testing.assert_allclose(even[:, 0], wanted.clip(times[0], times[-1]), atol=1e-9)
        np.testing.assert_allclose(even[:, 1], 2 * even[:, 0] + 1, atol=1e-9)
    step = (times[-1] - times[0]) / len(gaps)
    assert len(even) == max(1, int((times[-1] + step) * fps + 0.5))


def test_sixty_pictures_a_second_become_thirty() -> None:
    even, changed = at_even_times(np.arange(60.0), np.arange(60) / 60, 30)
    assert changed
    np.testing.assert_allclose(even, np.arange(0, 60, 2))


def test_the_rate_and_how_uneven_it_is() -> None:
    assert frame_rate(np.arange(10) / 30) == pytest.approx((30.0, 0.0), abs=1e-6)
    uneven = np.arange(10) / 25
    uneven[4] += 0.01
    rate, off_ms = frame_rate(uneven)
    assert rate == pytest.approx(25, abs=0.1)
    assert 8 < off_ms < 10


def test_a_gap_is_named() -> None:
    times = np.r_[np.arange(5) / 25, 1 + np.arange(5) / 25]
    with pytest.raises(CaptureError, match=r"no picture from 0\.16 s to 1\.00 s"):
        check_times(times, 25)


def test_pictures_that_begin_after_the_sound_are_refused() -> None:
    check_times(0.08 + np.arange(5) / 25, 25)
    check_times(np.arange(5) / 25 - 3, 25)
    with pytest.raises(CaptureError, match=r"begin 0\.30 s after its sound"):
        check_times(0.3 + np.arange(5) / 25, 25)
