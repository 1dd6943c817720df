"""The lip reader: tokens in time, padding, gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_model.networks.lip_reader import LipReader, LipReaderConfig, at_times
from kmtalk_model.networks.lip_target import LipTarget

CONFIG = LipReaderConfig(vertices=3, vocabulary=7, width=16, heads=2, layers=2, feed_forward=24)
FRAMES, TOKENS = [12, 30, 1, 25], [23, 59, 1, 49]


def reader() -> LipReader:
    torch.manual_seed(0)
    return LipReader(CONFIG)


def lips(frames: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Offsets (B, N, 3, 3) with something in the padding, that must not matter; and the frame mask."""
    mask = torch.arange(max(frames)) < torch.tensor(frames)[:, None]
    offsets = torch.full((len(frames), max(frames), 3, 3), 5.0)
    for place, count in enumerate(frames):
        offsets[place, :count] = torch.randn(count, 3, 3, generator=torch.Generator().manual_seed(count))
    return offsets, mask


def target(tokens: list[int]) -> LipTarget:
    return LipTarget.of(tokens, [[1, 2]] * len(tokens), 50.0, 0.0125)


@pytest.mark.parametrize("with_gradients", [True, False])
def test_a_batch_gives_each_utterance_what_it_has_alone(with_gradients: bool) -> None:
    network = reader().eval()
    with torch.set_grad_enabled(with_gradients):  # torch takes another path through its layers without them
        latent, logits = network(*lips(FRAMES), 25.0, target(TOKENS))
        for place, (frames, tokens) in enumerate(zip(FRAMES, TOKENS, strict=True)):
            alone = network(*lips([frames]), 25.0, target([tokens]))
            assert torch.allclose(latent[place, :tokens], alone.latent[0], atol=1e-5)
            assert torch.allclose(logits[place, :tokens], alone.logits[0], atol=1e-5)


def test_shapes_and_gradients_of_every_parameter_and_of_every_frame() -> None:
    network = reader().train()
    offsets, mask = lips(FRAMES)
    offsets.requires_grad_()
    latent, logits = network(offsets, mask, 25.0, target(TOKENS))
    assert latent.shape == (4, 59, 16)
    assert logits.shape == (4, 59, 7)
    real = target(TOKENS).token_mask
    (logits[real].square().sum() + latent[real].pow(3).sum()).backward()
    assert [name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()] == []
    assert offsets.grad is not None
    assert not offsets.grad[~mask].any()
    assert (offsets.grad[mask].abs().sum(dim=(-2, -1)) > 0).all()


def test_selftalks_sizes_are_the_defaults() -> None:
    with torch.device("meta"):
        network = LipReader(LipReaderConfig(vertices=254, vocabulary=33))
        own = torch.nn.Transformer(d_model=1024, batch_first=True)
    shapes = {name: value.shape for name, value in network.transformer.state_dict().items()}
    assert shapes == {name: value.shape for name, value in own.state_dict().items()}


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.sampled_from([25.0, 29.97, 60.0]),
    st.integers(1, 80),
    st.floats(0, 0.05),
)
def test_tokens_are_between_frames_by_time(frames: list[int], fps: float, tokens: int, first_s: float) -> None:
    sequence = np.random.default_rng(tokens).standard_normal((len(frames), max(frames), 2))
    mask = torch.arange(max(frames)) < torch.tensor(frames)[:, None]
    times = LipTarget.of([tokens], [[1]], 50.0, first_s).token_times
    found = at_times(torch.from_numpy(sequence), mask, fps, times)
    for place, count in enumerate(frames):
        for column in range(2):
            expected = np.interp(
                first_s + np.arange(tokens) / 50, np.arange(count) / fps, sequence[place, :count, column]
            )
            assert np.allclose(found[place, :, column], expected, atol=1e-4)


def test_a_target_pads_and_goes_to_a_device() -> None:
    states = [torch.ones(2, 4, dtype=torch.float16), torch.ones(3, 4, dtype=torch.float16)]
    found = LipTarget.of([2, 3], [[4, 5, 6], []], 50.0, 0.01, states)
    assert found.token_mask.tolist() == [[True, True, False], [True, True, True]]
    assert found.states is not None
    assert found.states.dtype == torch.float32
    assert found.states.sum(dim=(1, 2)).tolist() == [8, 12]
    assert found.labels.tolist() == [[4, 5, 6], [0, 0, 0]]
    assert found.label_lengths.tolist() == [3, 0]
    assert torch.allclose(found.token_times, torch.tensor([0.01, 0.03, 0.05]))
    away = found.to("meta")
    assert away.states is not None
    assert {one.device.type for one in (away.states, away.labels, away.label_lengths, away.token_mask)} == {"meta"}
    with pytest.raises(ValueError, match=r"states of \[2, 3\] tokens, where \[2, 4\]"):
        LipTarget.of([2, 4], [[1], [1]], 50.0, 0.01, states)
