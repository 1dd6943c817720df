"""Encoder `whisper`: hidden layers of OpenAI's Whisper, on the utterance itself and not on 30 s padded with silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.asr.weights import whisper_checkpoint
from kmtalk_align.audio import Samples
from kmtalk_model.encoders.base import (
    Encoded,
    Stream,
    batch_size_on,
    check_device,
    check_outputs,
    in_groups_of_equal,
    layer_number,
    windows,
)
from kmtalk_model.encoders.logmel import log_mel

if TYPE_CHECKING:
    import torch

# Mel frames that become one token (the stride of the second convolution).
_STRIDE = 2
# Tokens that neighbouring windows of a long recording share: 5 s.
_OVERLAP = 250


@dataclass(frozen=True)
class WhisperEncoderConfig:
    """model: a name ("tiny.en", "large-v3") or the path of a checkpoint; outputs: `layer_<k>`, the output of the k-th
    block (layer_0: of the convolutions, with positions), and `final`, the last one normalised, as the decoder reads it;
    device: as torch names them.
    """

    model: str = "tiny.en"
    backend: str = "whisper"
    outputs: tuple[str, ...] = ("final",)
    device: str = "cpu"

    def load(self) -> WhisperEncoder:
        """The encoder, ready. Raises WeightsError or ConfigError."""
        return WhisperEncoder(self)


class WhisperEncoder:
    """Float32; token n is centred on n * 20 ms. What is longer than 30 s is encoded in overlapping windows."""

    def __init__(self, config: WhisperEncoderConfig) -> None:
        import whisper

        check_device(config.device)
        weights = whisper_checkpoint(config.model)
        model = whisper.load_model(str(weights.path), device=config.device)
        check_outputs(config.outputs, layers=len(model.encoder.blocks), named=("final",), model=config.model)
        self._encoder = model.encoder.float().eval()
        self._outputs = config.outputs
        self._n_mels = model.dims.n_mels
        self._device = config.device
        self.streams = {output: Stream(model.dims.n_audio_state, 50.0, 0.0) for output in config.outputs}
        self.identity = f"openai-whisper {version('openai-whisper')} {config.model} {weights.identity}"
        self.batch_size = batch_size_on(config.device)

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        """See Encoder.encode."""
        import torch

        with torch.inference_mode():
            spectrograms = [log_mel(samples, self._n_mels).to(self._device) for samples in batch]
            return in_groups_of_equal(spectrograms, self._encode)

    def _encode(self, mel: torch.Tensor) -> list[Encoded]:
        """Features of spectrograms (B, n_mels, frames) of one length."""
        tokens = -(-mel.shape[-1] // _STRIDE)
        kept: dict[str, list[NDArray[np.float32]]] = {output: [] for output in self._outputs}
        for window in windows(tokens, len(self._encoder.positional_embedding), _OVERLAP):
            part = self._window(mel[..., _STRIDE * window.start : _STRIDE * window.stop])
            for output, features in part.items():
                kept[output].append(
                    features[:, window.keep_from - window.start : window.keep_to - window.start].cpu().numpy()
                )
        whole = {output: np.concatenate(parts, axis=1) for output, parts in kept.items()}
        return [Encoded({output: whole[output][place] for output in whole}) for place in range(len(mel))]

    def _window(self, mel: torch.Tensor) -> dict[str, torch.Tensor]:
        """Features (B, T, d) of at most 30 s: Whisper's own forward pass, which insists on 30 s, without its padding.

        Source: openai/whisper model.py, AudioEncoder.forward.
        """
        from torch.nn.functional import gelu

        encoder = self._encoder
        hidden = gelu(encoder.conv2(gelu(encoder.conv1(mel)))).permute(0, 2, 1)
        hidden = hidden + encoder.positional_embedding[: hidden.shape[1]]
        found = {0: hidden}
        for number, block in enumerate(encoder.blocks[: self._deepest()], start=1):
            found[number] = hidden = block(hidden)
        layers = {output: layer_number(output) for output in self._outputs}
        return {
            output: encoder.ln_post(hidden) if number is None else found[number] for output, number in layers.items()
        }

    def _deepest(self) -> int:
        """How many blocks have to run."""
        numbers = [layer_number(output) for output in self._outputs]
        return max(len(self._encoder.blocks) if number is None else number for number in numbers)
