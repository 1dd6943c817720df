"""Windows over recordings of any length."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kmtalk_model.encoders.base import windows


@given(st.integers(1, 5000), st.integers(10, 1500), st.integers(0, 8))
def test_every_token_is_kept_once_and_has_context(tokens: int, longest: int, overlap: int) -> None:
    found = windows(tokens, longest, overlap)
    kept = [token for window in found for token in range(window.keep_from, window.keep_to)]
    assert kept == list(range(tokens))
    for window in found:
        assert 0 <= window.start <= window.keep_from < window.keep_to <= window.stop <= tokens
        assert window.stop - window.start <= longest
    for window, after in pairwise(found):
        assert window.stop - after.start >= overlap
        assert window.stop - window.keep_to >= overlap // 2
        assert after.keep_from - after.start >= overlap // 2


@given(st.integers(1, 1500))
def test_what_fits_is_one_window(tokens: int) -> None:
    assert len(windows(tokens, 1500, 250)) == 1
