"""Speech: padding, key frames, and sequences that are taken apart and put together at them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_model.networks.positions import sinusoidal_positions
from kmtalk_model.networks.speech import Speech
from tests.networks.padded import batch

CLIPS = [(9, [0, 3, 8]), (4, [2]), (12, [0, 1, 5, 7])]


@settings(max_examples=50)
@given(st.lists(st.sets(st.integers(0, 15), min_size=1), min_size=1, max_size=4), st.integers(0, 99))
def test_what_is_put_at_keys_is_found_at_keys_and_nothing_else_changes(sets: list[set[int]], seed: int) -> None:
    speech = batch([(max(keys) + 1, sorted(keys)) for keys in sets])
    generator = torch.Generator().manual_seed(seed)
    sequence = torch.randn(*speech.frame_mask.shape, 2, 3, generator=generator)
    keys = torch.randn(*speech.key_mask.shape, 2, 3, generator=generator)
    before = sequence.clone()
    whole = speech.put_at_keys(sequence, keys)
    assert torch.equal(sequence, before)
    assert torch.equal(speech.at_keys(whole)[speech.key_mask], keys[speech.key_mask])
    is_key = torch.zeros_like(speech.frame_mask)
    for place, one in enumerate(sets):
        is_key[place, sorted(one)] = True
    assert torch.equal(whole[~is_key], sequence[~is_key])
    assert torch.equal(speech.put_at_keys(whole, speech.at_keys(whole)), whole)


def test_padding_is_said_by_the_masks() -> None:
    speech = batch(CLIPS)
    assert speech.frame_mask.sum(1).tolist() == [9, 4, 12]
    assert speech.key_mask.sum(1).tolist() == [3, 1, 4]
    assert speech.key_frames.tolist() == [[0, 3, 8, 0], [2, 0, 0, 0], [0, 1, 5, 7]]
    assert torch.allclose(speech.key_times[0, :3], torch.tensor([0.0, 0.12, 0.32]))
    assert speech.to("meta").key_mask.device.type == "meta"


def test_every_frame_can_be_a_key_frame() -> None:
    speech = batch(CLIPS).with_every_frame_a_key()
    assert torch.equal(speech.key_mask, speech.frame_mask)
    assert speech.key_frames[1].tolist() == [0, 1, 2, 3, *[0] * 8]
    values = torch.randn(3, 12, 2)
    assert torch.equal(speech.at_keys(values)[speech.key_mask], values[speech.frame_mask])


def test_an_utterance_without_key_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="no key frame"):
        Speech.of([torch.zeros(3, 1)], [torch.zeros(0, dtype=torch.int64)], 25.0)


def test_a_position_is_that_of_the_frame_at_25_fps() -> None:
    frames, width = torch.arange(400, dtype=torch.float64), 8
    expected = torch.empty(400, width, dtype=torch.float64)
    for pair in range(width // 2):
        angle = frames / 10_000 ** (2 * pair / width)
        expected[:, 2 * pair], expected[:, 2 * pair + 1] = angle.sin(), angle.cos()
    speech = batch([(400, [0])])
    assert torch.allclose(sinusoidal_positions(speech.frame_times, width).double(), expected, atol=1e-4)


def test_one_time_has_one_position_at_any_frame_rate() -> None:
    slow, fast = batch([(40, [0])], fps=25.0), batch([(80, [0])], fps=50.0)
    assert torch.equal(sinusoidal_positions(fast.frame_times, 9)[::2], sinusoidal_positions(slow.frame_times, 9))
    assert torch.equal(
        sinusoidal_positions(batch([(40, [5, 7])]).key_times, 9)[0], sinusoidal_positions(slow.frame_times, 9)[[5, 7]]
    )
