"""A batch gives each utterance what it has alone, and no utterance is too long."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from tests.networks.padded import V, batch, completion, key_decoder, key_motions, wav2vec2

Clips = list[tuple[int, list[int]]]
# What the paper has, what the default preset has, and the rest.
DECODERS: dict[str, dict[str, Any]] = {
    "paper": {"memory": "keys", "positions": False, "components": 0, "context_layers": 0, "context_kernel": 1},
    "default": {"memory": "audio", "positions": False, "components": 4},
    "positions": {"memory": "keys", "positions": True, "components": 4, "decoder_layers": 2},
    "audio_positions": {"memory": "audio", "positions": True},
}
COMPLETIONS: dict[str, dict[str, Any]] = {
    "audio": {"components": 0},
    "no_audio": {"audio_guidance": False, "components": 4},
    "deep": {"components": 4, "encoder_layers": 2, "cross_layers": 2, "fusion_kernel": 5, "decoder_layers": 2},
}


@st.composite
def clips(draw: st.DrawFn) -> Clips:
    """Utterances of any length, each with any set of key frames."""
    found = []
    for length in draw(st.lists(st.integers(1, 40), min_size=1, max_size=4)):
        keys = draw(st.sets(st.integers(0, length - 1), min_size=1))
        found.append((length, sorted(keys)))
    return found


@cache
def decoder_of(kind: str) -> KeyMotionDecoder:
    """A decoder of a kind; fine-tuned wav2vec 2.0 is its audio where the kind says so."""
    with_wav2vec2 = {"wav2vec2": wav2vec2()} if kind == "wav2vec2" else {}
    return key_decoder(**DECODERS.get(kind, DECODERS["paper"]), **with_wav2vec2)


@cache
def completion_of(kind: str) -> MotionCompletion:
    with_wav2vec2 = {"wav2vec2": wav2vec2()} if kind == "wav2vec2" else {}
    return completion(**COMPLETIONS.get(kind, COMPLETIONS["audio"]), **with_wav2vec2)


@pytest.mark.parametrize("kind", [*DECODERS, "wav2vec2"])
@settings(max_examples=8)
@given(given_clips=clips(), with_gradients=st.booleans())
def test_the_decoder_gives_each_utterance_what_it_has_alone(
    kind: str, given_clips: Clips, with_gradients: bool
) -> None:
    network = decoder_of(kind)
    with torch.set_grad_enabled(with_gradients):  # torch takes another path through its layers without them
        together = network(batch(given_clips))
        for found, one in zip(together, given_clips, strict=True):
            [alone] = network(batch([one]))
            assert torch.allclose(found[: len(one[1])], alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [*COMPLETIONS, "wav2vec2"])
@settings(max_examples=8)
@given(given_clips=clips(), with_gradients=st.booleans())
def test_the_completion_gives_each_utterance_what_it_has_alone(
    kind: str, given_clips: Clips, with_gradients: bool
) -> None:
    network = completion_of(kind)
    with torch.set_grad_enabled(with_gradients):
        together = network(batch(given_clips), key_motions(given_clips))
        for found, one in zip(together, given_clips, strict=True):
            [alone] = network(batch([one]), key_motions([one]))
            assert torch.allclose(found[: one[0]], alone, atol=1e-5, rtol=0)


def test_a_single_stage_decoder_gives_each_utterance_what_it_has_alone() -> None:
    network, given_clips = key_decoder(), [(7, [0]), (31, [0]), (1, [0])]
    with torch.no_grad():
        together = network(batch(given_clips).with_every_frame_a_key())
        for found, one in zip(together, given_clips, strict=True):
            [alone] = network(batch([one]).with_every_frame_a_key())
            assert torch.allclose(found[: one[0]], alone, atol=1e-5, rtol=0)


def test_no_gradient_comes_from_padding() -> None:
    given_clips = [(9, [0, 4]), (30, [2, 11, 29])]
    speech, keys = batch(given_clips), key_motions(given_clips)
    speech.features.requires_grad_()
    keys.requires_grad_()
    (key_decoder()(speech)[speech.key_mask].sum() + completion()(speech, keys)[speech.frame_mask].sum()).backward()
    assert speech.features.grad is not None
    assert keys.grad is not None
    assert not speech.features.grad[~speech.frame_mask].any()
    assert not keys.grad[~speech.key_mask].any()
    assert speech.features.grad[speech.frame_mask].any(dim=-1).all()
    assert keys.grad[speech.key_mask].flatten(1).any(dim=-1).all()


def test_there_is_no_longest_utterance() -> None:
    long = [(3000, list(range(0, 3000, 8)))]
    with torch.inference_mode():
        found = completion()(batch(long), key_decoder()(batch(long)))
    assert found.shape == (1, 3000, V, 3)
    assert found.isfinite().all()
