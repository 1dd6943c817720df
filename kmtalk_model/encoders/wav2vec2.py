"""Encoder `wav2vec2`: hidden states and convolutional features of wav2vec 2.0, and a CTC network as a teacher."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import AudioError
from kmtalk_model.encoders.base import (
    Encoded,
    Spoken,
    Stream,
    Window,
    batch_size_on,
    check_device,
    check_outputs,
    in_groups_of_equal,
    layer_number,
    windows,
)
from kmtalk_model.encoders.wav2vec2_weights import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    import torch

# Windows of a long recording, in tokens of 20 ms: attention's memory grows with the square of the length.
_LONGEST = 1500
_OVERLAP = 250


@dataclass(frozen=True)
class Wav2Vec2EncoderConfig:
    """model: the name of a checkpoint at Hugging Face, or the path of its folder; outputs: `conv`, the features of the
    convolutions, which stay frozen when wav2vec 2.0 is fine-tuned; `layer_<k>`, as transformers counts its
    `hidden_states`; `ctc`, the last hidden state of the checkpoint's CTC network with the labels of its greedy path
    (the teacher of the lip-reading losses, KMTalk Eq. 2); revision: of the checkpoint at Hugging Face; device: as torch
    names them.
    """

    model: str
    backend: str = "wav2vec2"
    outputs: tuple[str, ...] = ("conv",)
    revision: str | None = None
    device: str = "cpu"

    def load(self) -> Wav2Vec2Encoder:
        """The encoder, ready. Raises WeightsError or ConfigError."""
        check_device(self.device)
        checkpoint = load_checkpoint(self.model, self.revision, with_ctc="ctc" in self.outputs)
        depth = checkpoint.network.config.num_hidden_layers
        check_outputs(self.outputs, layers=depth, named=("conv", "ctc"), model=self.model)
        return Wav2Vec2Encoder(checkpoint, self.outputs, self.device)


class Wav2Vec2Encoder:
    """Float32, in eval mode: nothing is dropped or masked. The convolutions see each recording alone, since their group
    normalisation runs over time; the transformer sees a batch, padded and masked.
    """

    def __init__(self, checkpoint: Checkpoint, outputs: Sequence[str], device: str) -> None:
        config = checkpoint.network.config
        self._network = checkpoint.network.to(device).float().eval()
        self._head = None if checkpoint.ctc_head is None else checkpoint.ctc_head.to(device).float().eval()
        self._normalise, self._tokenizer = checkpoint.normalise, checkpoint.tokenizer
        self._outputs, self._device = tuple(outputs), device
        self._kept = _KeptLayers(
            self._network.encoder.layers, [one for one in map(layer_number, outputs) if one is not None]
        )
        self._stride = math.prod(config.conv_stride)
        self._field = _receptive_field(config.conv_kernel, config.conv_stride)
        rate_hz, first_s = SAMPLE_RATE / self._stride, (self._field - 1) / 2 / SAMPLE_RATE
        widths = {"conv": config.conv_dim[-1]}
        self.streams = {one: Stream(widths.get(one, config.hidden_size), rate_hz, first_s) for one in outputs}
        self.identity = checkpoint.identity
        self.batch_size = batch_size_on(device)

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        """See Encoder.encode."""
        import torch

        with torch.inference_mode():
            sounds = [self._sound(samples) for samples in batch]
            places = [self._windows(len(sound)) for sound in sounds]
            cut = [piece for sound, own in zip(sounds, places, strict=True) for piece in self._cut(sound, own)]
            parts = iter(self._encode(cut))
            return [self._whole(own, [next(parts) for _ in own]) for own in places]

    def _sound(self, samples: Samples) -> torch.Tensor:
        import torch

        if len(samples) < self._field:
            raise AudioError(
                f"is {len(samples)} samples long, shorter than the {self._field} of one token", fix="exclude it"
            )
        return torch.from_numpy(self._normalise(samples)).to(self._device)

    def _windows(self, samples: int) -> list[Window]:
        return windows((samples - self._field) // self._stride + 1, _LONGEST, _OVERLAP)

    def _cut(self, sound: torch.Tensor, own: list[Window]) -> list[torch.Tensor]:
        """The samples that the tokens of each window are made of; the last has the rest, which normalisation hears."""
        starts = [window.start * self._stride for window in own]
        ends = [(window.stop - 1) * self._stride + self._field for window in own[:-1]]
        return [sound[start:end] for start, end in zip(starts, [*ends, len(sound)], strict=True)]

    def _encode(self, sounds: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """Outputs (T, d) of each sound, and `labels` (T,) where there is a CTC network."""
        convolved = in_groups_of_equal(
            sounds, lambda stack: list(self._network.feature_extractor(stack).transpose(1, 2))
        )
        found = [{"conv": one} for one in convolved]
        if set(self._outputs) != {"conv"}:
            for one, hidden in zip(found, self._transformed(convolved), strict=True):
                one.update(hidden)
        return found

    def _transformed(self, convolved: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """The transformer's outputs for conv features of different lengths, as one padded and masked batch."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        lengths = torch.tensor([len(one) for one in convolved], device=self._device)
        padded = pad_sequence(convolved, batch_first=True)
        mask = torch.arange(padded.shape[1], device=self._device) < lengths[:, None]
        projected, _ = self._network.feature_projection(padded)
        last = self._network.encoder(projected, attention_mask=None if mask.all() else mask).last_hidden_state
        batch = {f"layer_{number}": hidden for number, hidden in self._kept.take().items()}
        if self._head is not None:
            batch |= {"ctc": last, "labels": self._head(last).argmax(dim=-1)}
        return [
            {name: values[place, :length] for name, values in batch.items()}
            for place, length in enumerate(lengths.tolist())
        ]

    def _whole(self, own: list[Window], parts: list[dict[str, torch.Tensor]]) -> Encoded:
        def joined(name: str) -> NDArray[np.generic]:
            kept = [
                part[name][window.keep_from - window.start : window.keep_to - window.start].cpu().numpy()
                for window, part in zip(own, parts, strict=True)
            ]
            found: NDArray[np.generic] = np.concatenate(kept)
            return found

        features = {one: joined(one).astype(np.float32, copy=False) for one in self._outputs}
        return Encoded(features, self._spoken(joined("labels").tolist()) if self._head is not None else None)

    def _spoken(self, labels: list[int]) -> Spoken:
        """The greedy path's labels without repeats and blanks (Graves et al. 2006), and their text."""
        blank = self._network.config.pad_token_id
        before = [blank, *labels]
        ids = tuple(one for one, last in zip(labels, before, strict=False) if one not in (blank, last))
        assert self._tokenizer is not None
        return Spoken(ids, self._tokenizer.decode(labels))


def _receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """How many samples one token of the convolutions is made of: 400 for wav2vec 2.0."""
    field, step = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * step
        step *= stride
    return field


class _KeptLayers:
    """Keeps the outputs of some layers, counted as `hidden_states` are: 0 is the input of the first. By thread, since
    several recordings may be under way.
    """

    def __init__(self, layers: torch.nn.ModuleList, numbers: Iterable[int]) -> None:
        self._local = threading.local()
        for number in numbers:
            if number == 0:
                layers[0].register_forward_pre_hook(lambda _, given: self._keep(0, given[0].clone()))
            else:
                layers[number - 1].register_forward_hook(lambda _, __, output, at=number: self._keep(at, output))

    def _keep(self, number: int, hidden: torch.Tensor) -> None:
        self._local.__dict__.setdefault("kept", {})[number] = hidden

    def take(self) -> dict[int, torch.Tensor]:
        """What this thread's last forward pass left, by number."""
        kept: dict[int, torch.Tensor] = self._local.__dict__.pop("kept", {})
        return kept
