"""Key motions interpolated, against formulas by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kmtalk_model.interpolation import interpolated
from tests.networks.padded import V, batch, key_motions

Clips = list[tuple[int, list[int]]]


@st.composite
def clips(draw: st.DrawFn) -> Clips:
    lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=3))
    return [(one, sorted(draw(st.sets(st.integers(0, one - 1), min_size=1, max_size=8)))) for one in lengths]


def natural_spline(keys: NDArray[np.float64], values: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray:
    """The natural cubic spline by its second derivatives, which solve a linear system. Source: de Boor 1978, IV."""
    n = len(keys)
    system, right = np.zeros((n, n)), np.zeros(n)
    system[0, 0] = system[-1, -1] = 1
    steps = np.diff(keys)
    for place in range(1, n - 1):
        before, after = steps[place - 1], steps[place]
        system[place, place - 1 : place + 2] = before, 2 * (before + after), after
        slopes = (values[place + 1] - values[place]) / after - (values[place] - values[place - 1]) / before
        right[place] = 6 * slopes
    bends = np.linalg.solve(system, right)
    found = []
    for time in at:
        place = min(max(int(np.searchsorted(keys, time, side="right")) - 1, 0), n - 2)
        step, left, rest = steps[place], keys[place + 1] - time, time - keys[place]
        found.append(
            (bends[place] * left**3 + bends[place + 1] * rest**3) / (6 * step)
            + (values[place] / step - bends[place] * step / 6) * left
            + (values[place + 1] / step - bends[place + 1] * step / 6) * rest
        )
    return np.array(found)


@settings(max_examples=30)
@given(clips())
def test_lines_are_numpys(given_clips: Clips) -> None:
    motions, speech = key_motions(given_clips), batch(given_clips)
    found = interpolated(motions, speech, "linear")
    assert found.shape == (len(given_clips), speech.frame_mask.shape[1], V, 3)
    for place, (length, keys) in enumerate(given_clips):
        for v in range(V):
            expected = np.interp(np.arange(length), keys, motions[place, : len(keys), v, 1])
            assert found[place, :length, v, 1].numpy() == pytest.approx(expected, abs=1e-5)


@settings(max_examples=30)
@given(clips())
def test_splines_are_natural_and_hold_at_the_ends(given_clips: Clips) -> None:
    motions = key_motions(given_clips)
    found = interpolated(motions, batch(given_clips), "spline")
    for place, (length, keys) in enumerate(given_clips):
        assert torch.allclose(found[place, keys], motions[place, : len(keys)], atol=1e-5)
        within = np.clip(np.arange(length), keys[0], keys[-1]).astype(float)
        values = motions[place, : len(keys), 2, 0].double().numpy()
        several = len(keys) > 1
        expected = natural_spline(np.array(keys, float), values, within) if several else np.repeat(values, length)
        assert found[place, :length, 2, 0].numpy() == pytest.approx(expected, abs=1e-4)


def test_what_needs_a_gradient_is_interpolated_without_one() -> None:
    motions = key_motions([(9, [0, 8])]).requires_grad_()
    assert not interpolated(motions, batch([(9, [0, 8])]), "linear").requires_grad
