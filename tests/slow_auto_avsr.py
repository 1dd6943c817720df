"""Auto-AVSR's network once more, slowly: numpy in float64, a loop where the formula has an index, nothing kept.

Written from the description of the architecture (Ma et al. 2023, and the checkpoint's layout), as an oracle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class SlowNetwork:
    """The network of a state by its names."""

    def __init__(self, state: Mapping[str, Array], heads: int) -> None:
        self.state, self.heads = state, heads

    def encode(self, samples: Array) -> Array:
        """A clip (S,) -> (T, d)."""
        samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-8)
        x = self._trunk(samples[None, : len(samples) // 640 * 640]).T
        x = self._linear("proj_encoder", x)
        x = x * np.sqrt(x.shape[1])
        for number in range(self._count("encoder.encoders")):
            x = self._conformer_layer(f"encoder.encoders.{number}", x)
        return self._layer_norm("encoder.after_norm", x)

    def ctc(self, encoded: Array) -> Array:
        """(T, d) -> log-probabilities (T, V)."""
        return log_softmax(self._linear("ctc.ctc_lo", encoded))

    def decode(self, units: Sequence[int], encoded: Array) -> Array:
        """Log-probabilities (L, V) of what follows each of the units so far, the start among them."""
        width = encoded.shape[1]
        x = self.state["decoder.embed.0.weight"][list(units)] * np.sqrt(width)
        x = x + np.stack([sinusoid(place, width) for place in range(len(units))])
        for number in range(self._count("decoder.decoders")):
            name = f"decoder.decoders.{number}"
            inner = self._layer_norm(f"{name}.norm1", x)
            past = [self._attention(f"{name}.self_attn", inner[n : n + 1], inner[: n + 1]) for n in range(len(units))]
            x = x + np.concatenate(past)
            x = x + self._attention(f"{name}.src_attn", self._layer_norm(f"{name}.norm2", x), encoded)
            x = x + self._feed_forward(f"{name}.feed_forward", self._layer_norm(f"{name}.norm3", x))
        return log_softmax(self._linear("decoder.output_layer", self._layer_norm("decoder.after_norm", x)))

    def _trunk(self, x: Array) -> Array:
        name = "frontend.trunk"
        x = silu(self._batch_norm(f"{name}.bn1", convolve(x, self.state[f"{name}.conv1.weight"], 4, 38)))
        for layer in (1, 2, 3, 4):
            for block in (0, 1):
                x = self._block(f"{name}.layer{layer}.{block}", x, stride=2 if layer > 1 and block == 0 else 1)
        return np.stack([x[:, start : start + 20].mean(1) for start in range(0, x.shape[1], 20)], axis=1)

    def _block(self, name: str, x: Array, stride: int) -> Array:
        inner = silu(self._batch_norm(f"{name}.bn1", convolve(x, self.state[f"{name}.conv1.weight"], stride, 1)))
        inner = self._batch_norm(f"{name}.bn2", convolve(inner, self.state[f"{name}.conv2.weight"], 1, 1))
        if stride > 1:
            shortcut = convolve(x, self.state[f"{name}.downsample.0.weight"], stride, 0)
            x = self._batch_norm(f"{name}.downsample.1", shortcut)
        return silu(inner + x)

    def _conformer_layer(self, name: str, x: Array) -> Array:
        inner = self._layer_norm(f"{name}.norm_ff_macaron", x)
        x = x + 0.5 * self._feed_forward(f"{name}.feed_forward_macaron", inner)
        x = x + self._relative_attention(f"{name}.self_attn", self._layer_norm(f"{name}.norm_mha", x))
        x = x + self._convolution(f"{name}.conv_module", self._layer_norm(f"{name}.norm_conv", x))
        x = x + 0.5 * self._feed_forward(f"{name}.feed_forward", self._layer_norm(f"{name}.norm_ff", x))
        return self._layer_norm(f"{name}.norm_final", x)

    def _convolution(self, name: str, x: Array) -> Array:
        width = x.shape[1]
        both = x @ self.state[f"{name}.pointwise_cov1.weight"][:, :, 0].T + self.state[f"{name}.pointwise_cov1.bias"]
        gated = (both[:, :width] / (1 + np.exp(-both[:, width:]))).T
        kernels = self.state[f"{name}.depthwise_conv.weight"]
        alone = [convolve(gated[c : c + 1], kernels[c : c + 1], 1, 15)[0] for c in range(width)]
        inner = np.stack(alone) + self.state[f"{name}.depthwise_conv.bias"][:, None]
        inner = silu(self._batch_norm(f"{name}.norm", inner)).T
        return (
            inner @ self.state[f"{name}.pointwise_cov2.weight"][:, :, 0].T + self.state[f"{name}.pointwise_cov2.bias"]
        )

    def _relative_attention(self, name: str, x: Array) -> Array:
        positions = {n: sinusoid(n, x.shape[1]) for n in range(1 - len(x), len(x))}
        return self._linear(f"{name}.linear_out", self.relative_attention(name, x, positions))

    def relative_attention(self, name: str, x: Array, positions: Mapping[int, Array]) -> Array:
        """What each of x (T, d) finds, before the last layer; positions (d,) by distance i - j."""
        query, key, value = (self._linear(f"{name}.linear_{part}", x) for part in "qkv")
        per_head = x.shape[1] // self.heads
        found = np.zeros_like(x)
        for head in range(self.heads):
            part = slice(head * per_head, (head + 1) * per_head)
            u, v = self.state[f"{name}.pos_bias_u"][head], self.state[f"{name}.pos_bias_v"][head]
            for i in range(len(x)):
                scores = np.zeros(len(x))
                for j in range(len(x)):
                    place = (self.state[f"{name}.linear_pos.weight"] @ positions[i - j])[part]
                    scores[j] = (query[i, part] + u) @ key[j, part] + (query[i, part] + v) @ place
                found[i, part] = np.exp(log_softmax(scores / np.sqrt(per_head))) @ value[:, part]
        return found

    def _attention(self, name: str, x: Array, over: Array) -> Array:
        query = self._linear(f"{name}.linear_q", x)
        key, value = (self._linear(f"{name}.linear_{part}", over) for part in "kv")
        per_head = x.shape[1] // self.heads
        found = np.zeros_like(x)
        for head in range(self.heads):
            part = slice(head * per_head, (head + 1) * per_head)
            for i in range(len(x)):
                scores = key[:, part] @ query[i, part] / np.sqrt(per_head)
                found[i, part] = np.exp(log_softmax(scores)) @ value[:, part]
        return self._linear(f"{name}.linear_out", found)

    def _feed_forward(self, name: str, x: Array) -> Array:
        return self._linear(f"{name}.w_2", np.maximum(self._linear(f"{name}.w_1", x), 0.0))

    def _linear(self, name: str, x: Array) -> Array:
        return x @ self.state[f"{name}.weight"].T + self.state[f"{name}.bias"]

    def _layer_norm(self, name: str, x: Array) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self.state[f"{name}.weight"] + self.state[f"{name}.bias"]

    def _batch_norm(self, name: str, x: Array) -> Array:
        mean, variance, weight, bias = (
            self.state[f"{name}.{part}"][:, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias

    def _count(self, prefix: str) -> int:
        depth = prefix.count(".") + 1
        return len({name.split(".")[depth] for name in self.state if name.startswith(f"{prefix}.")})


def convolve(x: Array, kernel: Array, stride: int, padding: int) -> Array:
    """(c_in, S) with kernels (c, c_in, k) -> (c, S')."""
    padded = np.pad(x, ((0, 0), (padding, padding)))
    width = kernel.shape[2]
    starts = range(0, padded.shape[1] - width + 1, stride)
    return np.stack([np.einsum("cik,ik->c", kernel, padded[:, one : one + width]) for one in starts], axis=1)


def sinusoid(place: int, width: int) -> Array:
    """Vaswani et al. 2017, Sec. 3.5."""
    angles = [place / 10_000.0 ** (pair / width) for pair in range(0, width, 2)]
    return np.array([part for angle in angles for part in (np.sin(angle), np.cos(angle))])


def silu(x: Array) -> Array:
    return x / (1 + np.exp(-x))


def log_softmax(x: Array) -> Array:
    shifted = x - x.max(-1, keepdims=True)
    found: Array = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return found
