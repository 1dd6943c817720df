"""The fine-tuned part of wav2vec 2.0, against transformers' own forward pass, by tiny random networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kmtalk_model.encoders.wav2vec2_weights import load_checkpoint
from kmtalk_model.networks.key_motion import KeyMotionConfig, KeyMotionDecoder
from kmtalk_model.networks.speech import Speech
from kmtalk_model.networks.wav2vec2 import FineTunedWav2Vec2, config_of, random_spans
from tests.tiny_wav2vec2 import save_wav2vec2

KINDS = [{"norm": "group", "stable": False}, {"norm": "layer", "stable": True}]
LENGTHS = [9, 40, 1, 23]


@pytest.fixture(params=KINDS, ids=["base", "xlsr"])
def pretrained(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """transformers' Wav2Vec2Model of 16 convolutional features and width 32."""
    return load_checkpoint(str(save_wav2vec2(tmp_path, **request.param)), None, with_ctc=False).network.eval()


def fine_tuned(network: Any, tokens_per_frame: int = 1, **changes: Any) -> FineTunedWav2Vec2:
    torch.manual_seed(1)
    found = FineTunedWav2Vec2(config_of(network) | changes, 16 * tokens_per_frame, 8, tokens_per_frame)
    found.copy_pretrained(network)
    return found


def utterances(tokens_per_frame: int = 1) -> list[Tensor]:
    torch.manual_seed(2)
    return [torch.randn(length, 16 * tokens_per_frame) for length in LENGTHS]


def batch_of(features: list[Tensor]) -> tuple[Tensor, Tensor]:
    speech = Speech.of(features, [torch.zeros(1, dtype=torch.int64)] * len(features), 25.0)
    # What stands in the padding must not matter.
    return torch.where(speech.frame_mask[..., None], speech.features, 7.0), speech.frame_mask


@pytest.mark.parametrize("tokens_per_frame", [1, 2])
def test_is_transformers_own_network_from_the_convolutions_on(pretrained: Any, tokens_per_frame: int) -> None:
    sound = torch.randn(1, 40 * 320 + 80)
    with torch.no_grad():
        conv = pretrained.feature_extractor(sound).mT
        expected = pretrained(sound).last_hidden_state
        network = fine_tuned(pretrained, tokens_per_frame).eval()
        frames = 40 // tokens_per_frame
        found = network(conv.reshape(1, frames, -1), torch.ones(1, frames, dtype=torch.bool))
        assert torch.allclose(found, network.projection(expected.reshape(1, frames, -1)), atol=1e-5)


@pytest.mark.parametrize("tokens_per_frame", [1, 2])
def test_a_batch_gives_each_utterance_what_it_has_alone(pretrained: Any, tokens_per_frame: int) -> None:
    network, features = fine_tuned(pretrained, tokens_per_frame).eval(), utterances(tokens_per_frame)
    with torch.no_grad():
        together = network(*batch_of(features))
        for found, one in zip(together, features, strict=True):
            [alone] = network(*batch_of([one]))
            assert torch.allclose(found[: len(one)], alone, atol=1e-5)


def test_gradients_reach_every_parameter(pretrained: Any) -> None:
    network = fine_tuned(pretrained, 2, layerdrop=0.0).train()
    features, mask = batch_of(utterances(2))
    network(features, mask)[mask].square().sum().backward()
    assert "transformer.masked_spec_embed" in dict(network.named_parameters())
    without = [name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()]
    # A bias of the keys moves all scores of a query alike, so that softmax takes it out again: rounding at most.
    assert [name for name in without if not name.endswith("k_proj.bias")] == []


def test_no_gradient_comes_from_padding(pretrained: Any) -> None:
    network = fine_tuned(pretrained).eval()
    features, mask = batch_of(utterances())
    features.requires_grad_()
    network(features, mask)[mask].square().sum().backward()
    assert features.grad is not None
    assert not features.grad[~mask].any()
    assert (features.grad[mask].abs().sum(dim=-1) > 0).all()


QUIET = {"layerdrop": 0.0} | dict.fromkeys(
    ["hidden_dropout", "activation_dropout", "attention_dropout", "feat_proj_dropout"], 0.0
)


@pytest.mark.parametrize("masking", ["time", "feature"])
def test_spec_augment_is_as_the_config_has_it_and_in_training_alone(pretrained: Any, masking: str) -> None:
    wanted = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, f"mask_{masking}_prob": 0.5} | QUIET
    given = batch_of(utterances())
    network = fine_tuned(pretrained, **wanted).train()
    first, second = network(*given), network(*given)
    assert not torch.allclose(first, second)
    quiet = network.eval()(*given)
    assert torch.equal(quiet, network(*given))
    assert not torch.allclose(first, quiet)
    off = fine_tuned(pretrained, **wanted, apply_spec_augment=False).train()
    off.projection.load_state_dict(network.projection.state_dict())
    assert off.transformer.masked_spec_embed is None
    assert torch.allclose(off(*given)[given[1]], quiet[given[1]], atol=1e-6)


def test_one_seed_of_torch_repeats_what_training_draws(pretrained: Any) -> None:
    network, given = fine_tuned(pretrained).train(), batch_of(utterances())
    torch.manual_seed(5)
    first = network(*given)
    torch.manual_seed(5)
    assert torch.equal(first, network(*given))


@settings(max_examples=40)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.floats(0, 1), st.integers(1, 12), st.integers(0, 3))
def test_spans_lie_within_their_row(lengths: list[int], probability: float, span: int, at_least: int) -> None:
    mask = random_spans(lengths, max(lengths), probability, span, at_least)
    assert mask.shape == (len(lengths), max(lengths))
    for row, length in zip(mask, lengths, strict=True):
        assert not row[length:].any()
        edges = torch.diff(row.int(), prepend=torch.zeros(1), append=torch.zeros(1))
        runs = [end - start for start, end in zip((edges == 1).nonzero(), (edges == -1).nonzero(), strict=True)]
        assert all(run >= span for run in runs)
        most = max(at_least, int(probability * length / span) + 1) * span
        assert row.sum() <= min(most, length)
        assert length < span or at_least == 0 or row.any()


def test_sizes_that_do_not_fit_are_refused(pretrained: Any) -> None:
    with pytest.raises(ValueError, match="15 features a frame are not 2 x 16"):
        FineTunedWav2Vec2(config_of(pretrained), 15, 8, 2)
    with pytest.raises(ValueError, match="adapter"):
        FineTunedWav2Vec2(config_of(pretrained) | {"add_adapter": True}, 16, 8)


def test_a_network_of_either_stage_takes_it_and_is_stored_with_it(pretrained: Any, tmp_path: Path) -> None:
    config = KeyMotionConfig(
        vertices=5,
        features=32,
        width=8,
        heads=2,
        dropout=0.1,
        decoder_layers=1,
        components=0,
        context_layers=0,
        context_kernel=1,
        memory="keys",
        positions=False,
        wav2vec2=config_of(pretrained),
        tokens_per_frame=2,
    )
    network = KeyMotionDecoder(config).eval()
    assert isinstance(network.audio, FineTunedWav2Vec2)
    network.audio.copy_pretrained(pretrained)
    torch.nn.init.normal_(network.decoder.head.weight)
    speech = Speech.of(utterances(2), [torch.tensor([0])] * len(LENGTHS), 25.0)
    network.save_pretrained(tmp_path / "run")
    again = KeyMotionDecoder.from_pretrained(tmp_path / "run").eval()
    assert again.config == config
    with torch.no_grad():
        assert torch.equal(again(speech), network(speech))
