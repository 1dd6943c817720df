"""Both networks: what they start at, what their parts compute, what is learnt, and what is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.motion_flow import Gate, MotionFlowEncoder
from kmtalk_model.networks.positions import sinusoidal_positions
from kmtalk_model.networks.speech import Speech
from tests.networks.padded import FEATURES, V, batch, completion, key_decoder, key_motions, wav2vec2
from tests.tiny_run import completion_config, key_motion_config

CLIPS = [(9, [0, 3, 8]), (4, [2]), (12, [0, 1, 5, 7])]


@pytest.mark.parametrize("components", [0, 4])
def test_new_networks_are_at_the_template(components: int) -> None:
    decoder = KeyMotionDecoder(key_motion_config(V, FEATURES, components=components))
    whole = MotionCompletion(completion_config(V, FEATURES, components=components))
    for network in (decoder, whole):
        network.motion.set(torch.randn(components, 3 * V), torch.rand(components or 1) + 1)
    assert not decoder(batch(CLIPS)).any()
    assert not whole(batch(CLIPS), key_motions(CLIPS)).any()


@pytest.mark.parametrize("components", [0, 4])
def test_a_basis_keeps_what_lies_in_it(components: int) -> None:
    basis, rows = MotionBasis(V, components), torch.linalg.qr(torch.randn(3 * V, 3 * V)).Q[:components]
    basis.set(rows, torch.rand(components or 1) + 0.5)
    coefficients = torch.randn(2, 7, basis.width)
    assert torch.allclose(basis.encode(basis.decode(coefficients)), coefficients, atol=1e-5)
    assert not basis.decode(torch.zeros(3, basis.width)).any()


def test_the_gate_is_equations_4_and_5() -> None:
    gate = Gate(4)
    audio, flow = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    mixed, share = gate(audio, flow)
    for b in range(2):
        for n in range(3):
            joined = [*audio[b, n].tolist(), *flow[b, n].tolist()]
            for c in range(4):
                score = sum(weight * value for weight, value in zip(gate.weight.weight[c], joined, strict=True))
                expected = 1 / (1 + torch.exp(-score))
                assert share[b, n, c].item() == pytest.approx(expected.item(), abs=1e-6)
                z = expected * audio[b, n, c] + (1 - expected) * flow[b, n, c]
                assert mixed[b, n, c].item() == pytest.approx(z.item(), abs=1e-6)
    assert [name for name, _ in gate.named_parameters()] == ["weight.weight"]


def test_the_motion_flow_encoder_is_that_which_asks_at_non_key_frames_alone() -> None:
    torch.manual_seed(0)
    network = MotionFlowEncoder(6, 8, 2, layers=2, cross_layers=2, kernel=3, dropout=0.1).eval()
    for length, keys in CLIPS:
        speech, motions = batch([(length, keys)]), torch.randn(1, len(keys), 6)
        with torch.no_grad():
            context = network.key_encoder(network.projection(motions) + sinusoidal_positions(speech.key_times, 8))
            others = [frame for frame in range(length) if frame not in keys]
            between = sinusoidal_positions(speech.frame_times, 8)[None, others]
            for layer in network.cross_attention if others else ():
                between = layer(between, context, speech.key_mask)
            sequence = torch.empty(1, length, 8)
            sequence[:, keys], sequence[:, others] = context, between
            expected = sequence + network.fusion(sequence.mT).mT
            assert torch.allclose(network(motions, speech), expected, atol=1e-5)


# torch's and transformers' names of what moves all scores of a query alike, so that softmax takes it out again.
def _is_key_bias(name: str) -> bool:
    return name.endswith("k_proj.bias")


def _missed(network: nn.Module) -> list[str]:
    """The parameters that no gradient reaches; of a joint bias of queries, keys and values, the keys' part is apart."""
    missed = []
    for name, one in network.named_parameters():
        gradient = one.grad
        if gradient is not None and name.endswith("in_proj_bias"):
            queries, _, values = gradient.chunk(3)
            gradient = torch.cat([queries, values])
        if (gradient is None or not gradient.any()) and not _is_key_bias(name):
            missed.append(name)
    return missed


@pytest.mark.parametrize("with_wav2vec2", [False, True], ids=["frozen", "wav2vec2"])
@pytest.mark.parametrize("components", [0, 4])
def test_gradients_reach_every_parameter(components: int, with_wav2vec2: bool) -> None:
    more = {"wav2vec2": wav2vec2()} if with_wav2vec2 else {}
    torch.manual_seed(0)
    speech, keys = batch(CLIPS), key_motions(CLIPS)
    assert speech.key_mask.sum() < speech.frame_mask.sum()
    networks: list[Any] = [
        KeyMotionDecoder(key_motion_config(V, FEATURES, components=components, dropout=0.0, **more)),
        MotionCompletion(completion_config(V, FEATURES, components=components, dropout=0.0, **more)),
    ]
    for network in networks:
        network.motion.set(torch.linalg.qr(torch.randn(3 * V, 3 * V)).Q[:components], torch.ones(components or 1))
        optimizer = torch.optim.Adam(network.parameters(), 1e-2)
        for _ in range(2):  # the head starts at zero, and hides all before it until it is moved
            optimizer.zero_grad()
            if isinstance(network, KeyMotionDecoder):
                loss = (network(speech) - keys)[speech.key_mask].square().sum()
            else:
                loss = (network(speech, keys) - 1)[speech.frame_mask].square().sum()
            loss.backward()
            optimizer.step()
        assert _missed(network) == []


def _overfitted(network: nn.Module, loss_of: Any) -> float:
    """The share of the loss that is left after some hundred steps."""
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)
    first = loss_of().item()
    for _ in range(300):
        optimizer.zero_grad()
        loss_of().backward()
        optimizer.step()
        schedule.step()
    return float(loss_of().item()) / first


def _two_clips() -> tuple[Speech, Tensor]:
    """Two clips whose motion (B, N, V, 3) is smooth."""
    speech = batch([(30, [0, 6, 12, 18, 24, 29]), (22, [1, 8, 15, 21])])
    phases = torch.randn(2, 1, V, 3) * 3
    return speech, torch.sin(8 * speech.frame_times[None, :, None, None] + phases)


@pytest.mark.parametrize("components", [0, 15])
def test_the_decoder_learns_two_clips_by_heart(components: int) -> None:
    network = key_decoder(components=components, dropout=0.0, memory="audio").train()
    speech, motion = _two_clips()
    wanted = speech.at_keys(motion)
    assert _overfitted(network, lambda: (network(speech) - wanted)[speech.key_mask].square().mean()) < 0.01


@pytest.mark.parametrize("audio_guidance", [True, False])
def test_the_completion_learns_two_clips_by_heart(audio_guidance: bool) -> None:
    network = completion(components=15, dropout=0.0, audio_guidance=audio_guidance).train()
    speech, motion = _two_clips()
    keys = speech.at_keys(motion)
    assert _overfitted(network, lambda: (network(speech, keys) - motion)[speech.frame_mask].square().mean()) < 0.01


@pytest.mark.parametrize("kind", ["frozen", "wav2vec2"])
def test_a_stored_network_is_the_same_to_the_last_bit(tmp_path: Path, kind: str) -> None:
    more: dict[str, Any] = {"components": 4} if kind == "frozen" else {"wav2vec2": wav2vec2()}
    speech, keys = batch(CLIPS), key_motions(CLIPS)
    decoder, whole = key_decoder(**more), completion(**more)
    for network, cls, config, given in (
        (decoder, KeyMotionDecoder, KeyMotionConfig, (speech,)),
        (whole, MotionCompletion, CompletionConfig, (speech, keys)),
    ):
        folder = tmp_path / cls.__name__
        network.save_pretrained(folder)
        assert {path.name for path in folder.iterdir()} == {"README.md", "config.json", "model.safetensors"}
        again: Any = cls.from_pretrained(folder).eval()
        assert type(again.config) is config
        assert again.config == network.config
        for name, buffer in network.named_buffers():
            assert torch.equal(buffer, again.get_buffer(name))
        assert torch.equal(again(*given), network(*given))
        assert json.loads((folder / "config.json").read_text())["vertices"] == V


def test_only_safetensors_are_read(tmp_path: Path) -> None:
    key_decoder().save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    torch.save(key_decoder().state_dict(), tmp_path / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(Exception, match="safetensors"):
        KeyMotionDecoder.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"heads": 3}, "heads"), ({"context_kernel": 4}, "context_kernel")],
)
def test_sizes_that_do_not_fit_are_refused(changes: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        key_motion_config(V, FEATURES, **changes)
    with pytest.raises(ValueError, match="fusion_kernel"):
        completion_config(V, FEATURES, fusion_kernel=2)
