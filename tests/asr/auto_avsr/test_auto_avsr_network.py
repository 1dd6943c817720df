"""Auto-AVSR's network: the published sizes, and the numbers that a slow one written from the description gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.asr.auto_avsr.frontend import Frontend, normalised
from kmtalk_align.asr.auto_avsr.network import Network
from kmtalk_align.asr.auto_avsr.parts import RelativeAttention, sinusoids
from kmtalk_align.asr.auto_avsr.size import NetworkSize
from tests.slow_auto_avsr import SlowNetwork, sinusoid
from tests.tiny_auto_avsr import LAYERS, tiny_network

SIZE = NetworkSize(LAYERS.channels, 8, 2, 6, 7, encoder_layers=2, decoder_layers=2)


def published_shapes() -> dict[str, tuple[int, ...]]:
    """The layout of asr_trlrs3vox2_base.pth, name by name."""
    found: dict[str, tuple[int, ...]] = {}

    def linear(name: str, out: int, into: int) -> None:
        found.update({f"{name}.weight": (out, into), f"{name}.bias": (out,)})

    def norm(name: str, width: int, *, batch: bool = False) -> None:
        found.update({f"{name}.weight": (width,), f"{name}.bias": (width,)})
        if batch:
            statistics = {"running_mean": (width,), "running_var": (width,), "num_batches_tracked": ()}
            found.update({f"{name}.{part}": shape for part, shape in statistics.items()})

    trunk = "frontend.trunk"
    found[f"{trunk}.conv1.weight"] = (64, 1, 80)
    norm(f"{trunk}.bn1", 64, batch=True)
    for layer, (before, width) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], start=1):
        for block in (0, 1):
            name = f"{trunk}.layer{layer}.{block}"
            found[f"{name}.conv1.weight"] = (width, width if block else before, 3)
            found[f"{name}.conv2.weight"] = (width, width, 3)
            norm(f"{name}.bn1", width, batch=True)
            norm(f"{name}.bn2", width, batch=True)
        if layer > 1:
            found[f"{trunk}.layer{layer}.0.downsample.0.weight"] = (width, before, 1)
            norm(f"{trunk}.layer{layer}.0.downsample.1", width, batch=True)
    linear("proj_encoder", 768, 512)
    for number in range(12):
        name = f"encoder.encoders.{number}"
        for part in "qkv":
            linear(f"{name}.self_attn.linear_{part}", 768, 768)
        linear(f"{name}.self_attn.linear_out", 768, 768)
        found[f"{name}.self_attn.linear_pos.weight"] = (768, 768)
        found |= {f"{name}.self_attn.pos_bias_{part}": (12, 64) for part in "uv"}
        for part in ("feed_forward", "feed_forward_macaron"):
            linear(f"{name}.{part}.w_1", 3072, 768)
            linear(f"{name}.{part}.w_2", 768, 3072)
        for part, shape in {
            "pointwise_cov1": (1536, 768, 1),
            "depthwise_conv": (768, 1, 31),
            "pointwise_cov2": (768, 768, 1),
        }.items():
            found |= {f"{name}.conv_module.{part}.weight": shape, f"{name}.conv_module.{part}.bias": shape[:1]}
        norm(f"{name}.conv_module.norm", 768, batch=True)
        for part in ("ff_macaron", "mha", "conv", "ff", "final"):
            norm(f"{name}.norm_{part}", 768)
    norm("encoder.after_norm", 768)
    found["decoder.embed.0.weight"] = (5049, 768)
    for number in range(6):
        name = f"decoder.decoders.{number}"
        for part in ("self_attn", "src_attn"):
            for one in ("q", "k", "v", "out"):
                linear(f"{name}.{part}.linear_{one}", 768, 768)
        linear(f"{name}.feed_forward.w_1", 3072, 768)
        linear(f"{name}.feed_forward.w_2", 768, 3072)
        for part in ("norm1", "norm2", "norm3"):
            norm(f"{name}.{part}", 768)
    norm("decoder.after_norm", 768)
    linear("decoder.output_layer", 5049, 768)
    linear("ctc.ctc_lo", 5049, 768)
    return found


@pytest.fixture(scope="module")
def published() -> Network:
    with torch.device("meta"):
        return Network(NetworkSize())


def test_the_published_network_has_the_published_entries(published: Network) -> None:
    shapes = {name: tuple(value.shape) for name, value in published.state_dict().items()}
    assert shapes == published_shapes()
    assert len(shapes) == 767


@pytest.mark.parametrize(
    ("part", "parameters"),
    [
        ("", 243_049_202),
        ("frontend", 3_848_576),
        ("proj_encoder", 393_984),
        ("encoder", 170_451_456),
        ("encoder.encoders.0", 14_204_160),
        ("decoder", 64_472_505),
        ("ctc", 3_882_681),
    ],
)
def test_the_published_network_has_the_published_parameters(published: Network, part: str, parameters: int) -> None:
    module = published.get_submodule(part)
    assert sum(one.numel() for one in module.parameters()) == parameters


def test_norms_have_the_epsilons_that_the_checkpoint_was_trained_with(published: Network) -> None:
    layer = {one.eps for one in published.modules() if isinstance(one, torch.nn.LayerNorm)}
    batch = {one.eps for one in published.modules() if isinstance(one, torch.nn.BatchNorm1d)}
    assert (layer, batch) == ({1e-12}, {1e-5})


def test_the_sizes_of_a_checkpoint_are_read_off_its_shapes() -> None:
    shapes = {name: tuple(value.shape) for name, value in tiny_network().state_dict().items()}
    assert NetworkSize.of(shapes) == LAYERS
    assert NetworkSize.of({}) == NetworkSize()


@pytest.fixture(scope="module")
def network() -> Network:
    return tiny_network(SIZE).double()


@pytest.fixture(scope="module")
def slow(network: Network) -> SlowNetwork:
    return SlowNetwork({name: value.numpy() for name, value in network.state_dict().items()}, SIZE.heads)


def clip(tokens: int, seed: int = 0, beyond: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(640 * tokens + beyond)


@pytest.mark.parametrize(("tokens", "beyond"), [(1, 0), (3, 0), (4, 639)])
def test_the_encoder_agrees_with_the_slow_one(network: Network, slow: SlowNetwork, tokens: int, beyond: int) -> None:
    samples = clip(tokens, beyond=beyond)
    encoded = network(torch.from_numpy(samples)[None])[0]
    np.testing.assert_allclose(encoded.numpy(), slow.encode(samples), atol=1e-5)
    np.testing.assert_allclose(network.ctc(encoded).numpy(), slow.ctc(encoded.numpy()), atol=1e-9)


def test_the_decoder_step_by_step_agrees_with_the_slow_one_on_whole_sentences(
    network: Network, slow: SlowNetwork
) -> None:
    encoded = np.random.default_rng(1).standard_normal((4, SIZE.width))
    sentences = torch.tensor([[6, 1, 5, 2], [6, 1, 3, 3], [6, 4, 4, 4]])
    state = network.decoder.start(torch.from_numpy(encoded)).of(torch.tensor([0, 0, 0]))
    found = []
    for column in sentences.T:
        outputs, state = network.decoder.step(column, state)
        found.append(outputs.numpy())
    expected = np.stack([slow.decode(one, encoded) for one in sentences.tolist()], axis=1)
    np.testing.assert_allclose(np.stack(found), expected, atol=1e-5)


def test_a_state_is_taken_apart_and_put_together_anew(network: Network) -> None:
    recording = torch.from_numpy(np.random.default_rng(1).standard_normal((4, SIZE.width)))
    state = network.decoder.start(recording).of(torch.tensor([0, 0]))
    _, state = network.decoder.step(torch.tensor([1, 2]), state)
    both, _ = network.decoder.step(torch.tensor([3, 4]), state)
    crossed, _ = network.decoder.step(torch.tensor([4, 3, 4]), state.of(torch.tensor([1, 0, 1])))
    torch.testing.assert_close(crossed, both[[1, 0, 1]])


@pytest.mark.parametrize("tokens", [1, 2, 7])
def test_relative_attention_agrees_with_a_loop_over_queries_and_keys(tokens: int) -> None:
    torch.manual_seed(tokens)
    attention = RelativeAttention(8, 2).double().requires_grad_(False)
    for bias in (attention.pos_bias_u, attention.pos_bias_v):
        bias.normal_()
    x = torch.randn(tokens, 8, dtype=torch.float64)
    positions = torch.randn(2 * tokens - 1, 8, dtype=torch.float64)
    by_distance = {tokens - 1 - row: one.numpy() for row, one in enumerate(positions)}
    slow = SlowNetwork({f"a.{name}": value.numpy() for name, value in attention.state_dict().items()}, 2)
    before = slow.relative_attention("a", x.numpy(), by_distance)
    expected = before @ attention.linear_out.weight.numpy().T + attention.linear_out.bias.numpy()
    np.testing.assert_allclose(attention(x[None], positions)[0].numpy(), expected, atol=1e-12)


def test_positions_are_those_of_the_formula_below_0_too() -> None:
    found = sinusoids(torch.arange(400, -401, -1), 8)
    expected = np.stack([sinusoid(place, 8) for place in range(400, -401, -1)])
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(samples=st.integers(640, 20_000))
def test_the_front_end_gives_25_tokens_a_second_and_hears_nothing_beyond_the_last(samples: int) -> None:
    torch.manual_seed(0)
    frontend = Frontend(LAYERS.channels).eval().requires_grad_(False)
    sound = torch.randn(1, samples)
    found = frontend(sound)
    assert found.shape == (1, samples // 640, LAYERS.channels[-1])
    torch.testing.assert_close(frontend(sound[:, : samples // 640 * 640]), found, rtol=0, atol=0)


def test_a_clip_is_normalised_as_a_whole(network: Network) -> None:
    sound = torch.from_numpy(clip(3))[None]
    found = normalised(sound)
    assert float(found.mean()) == pytest.approx(0, abs=1e-9)
    assert float(found.var(correction=0)) == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(network(3 * sound + 0.5), network(sound), rtol=1e-4, atol=1e-4)


def test_a_clip_is_heard_alike_alone_and_beside_others(network: Network) -> None:
    sounds = torch.from_numpy(np.stack([clip(3, seed) for seed in range(3)]))
    together = network(sounds)
    for alone, one in zip(together, sounds, strict=True):
        torch.testing.assert_close(network(one[None])[0], alone)
    assert not torch.allclose(together[0], together[1])
