"""Systems of every kind, from networks and by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from kmtalk_align.errors import ConfigError
from kmtalk_model.networks.key_motion import KeysOfSequence
from kmtalk_model.system import System, inserting_into, single_stage
from tests.networks.padded import batch, completion, key_decoder, key_motions

CLIPS = [(9, [0, 3, 8]), (4, [2]), (12, [0, 1, 5, 7])]


@torch.no_grad()
def test_a_single_stage_is_the_decoder_at_every_frame() -> None:
    decoder, speech = key_decoder(), batch(CLIPS)
    whole = decoder(speech.with_every_frame_a_key())
    system = single_stage(decoder)
    assert torch.equal(system.predict(speech), whole)
    assert system.flow_share(speech, whole) is None


@torch.no_grad()
def test_keys_of_a_sequence_are_its_frames() -> None:
    decoder, speech = key_decoder(), batch(CLIPS)
    whole, keys = decoder(speech.with_every_frame_a_key()), KeysOfSequence(decoder)(speech)
    for place, (_, frames) in enumerate(CLIPS):
        assert torch.equal(keys[place, : len(frames)], whole[place, frames])


@torch.no_grad()
def test_keys_are_inserted_and_the_rest_is_the_sequence() -> None:
    decoder, speech, keys = key_decoder(), batch(CLIPS), key_motions(CLIPS)
    whole, found = decoder(speech.with_every_frame_a_key()), inserting_into(decoder)(speech, keys)
    for place, (length, frames) in enumerate(CLIPS):
        others = [frame for frame in range(length) if frame not in frames]
        assert torch.equal(found[place, frames], keys[place, : len(frames)])
        assert torch.equal(found[place, others], whole[place, others])


@torch.no_grad()
def test_the_share_of_the_flow_is_what_the_gate_leaves() -> None:
    network, speech, keys = completion(), batch(CLIPS), key_motions(CLIPS)
    system = System(key_decoder(), network, network)
    share = system.flow_share(speech, keys)
    assert share is not None
    assert share.shape == speech.frame_mask.shape
    assert ((share >= 0) & (share <= 1)).all()
    _, gate = network.coefficients(speech, network.motion.encode(keys))
    assert gate is not None
    assert torch.allclose(share, 1 - gate.mean(-1))
    assert torch.equal(system.predict(speech), network(speech, key_decoder()(speech)))
    deaf = completion(audio_guidance=False)
    assert System(key_decoder(), deaf, deaf).flow_share(speech, keys) is None


def test_a_device_that_is_not_here_is_refused_before_anything_is_read() -> None:
    nothing: Any = None
    with pytest.raises(ConfigError, match="--device: torch has no device 'foo'"):
        System.from_run(nothing, "foo")
