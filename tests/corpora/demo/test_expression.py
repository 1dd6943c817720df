"""expression.py: blinks and brows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.expression import blinks, brows, smooth_step

MINUTE = np.arange(60_000) / 1000


def starts(shut: NDArray[np.float64]) -> NDArray[np.float64]:
    """When each blink starts, in seconds."""
    return MINUTE[np.flatnonzero((shut[1:] > 0) & (shut[:-1] == 0))]


@settings(max_examples=20)
@given(st.text(max_size=20))
def test_blinks_come_every_two_to_five_seconds(utterance_id: str) -> None:
    between = np.diff(starts(blinks(utterance_id, MINUTE)))
    assert len(between) >= 10
    assert between.min() > 1.99
    assert between.max() < 5.01


def test_lids_close_faster_than_they_open() -> None:
    shut = blinks("slt_sentence01", MINUTE)
    first = starts(shut)[0]
    one = shut[(first <= MINUTE) & (first + 0.4 >= MINUTE)]
    peak = int(np.argmax(one))
    assert one[peak] > 0.999
    assert peak < np.flatnonzero(one)[-1] / 2


def test_an_utterance_blinks_the_same_each_time_and_another_differently() -> None:
    assert (blinks("a", MINUTE) == blinks("a", MINUTE)).all()
    assert (blinks("a", MINUTE) != blinks("b", MINUTE)).any()


def test_a_blink_is_the_same_at_any_frame_rate() -> None:
    assert (blinks("a", MINUTE)[::40] == blinks("a", MINUTE[::40])).all()


def test_nothing_lasts_no_time() -> None:
    assert blinks("a", np.zeros(0)).shape == brows("a", [], np.zeros(0)).shape == (0,)


def test_brows_rise_on_some_long_words_and_on_no_short_one() -> None:
    long, short = [(start, start + 0.5) for start in range(1, 50, 2)], [(start, start + 0.1) for start in range(1, 50)]
    raised = brows("slt_sentence01", [(float(a), float(b)) for a, b in long], MINUTE)
    on_words = [raised[(a <= MINUTE) & (b >= MINUTE)].max() for a, b in long]
    assert 0 < sum(height > 0 for height in on_words) < len(long)
    assert max(on_words) <= 0.4
    assert not brows("slt_sentence01", [(float(a), float(b)) for a, b in short], MINUTE).any()


@given(st.floats(-1e3, 1e3))
def test_a_smooth_step_stays_within_0_and_1_and_is_symmetric(value: float) -> None:
    up, down = smooth_step(np.array([value, 1 - value]))
    assert 0 <= up <= 1
    assert abs(up + down - 1) < 1e-9
