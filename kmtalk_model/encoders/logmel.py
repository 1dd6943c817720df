"""Encoder `logmel`: the log-mel spectrogram that Whisper hears, 100 tokens a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from kmtalk_align.audio import Samples
from kmtalk_align.errors import AudioError
from kmtalk_model.encoders.base import Encoded, Stream

if TYPE_CHECKING:
    import torch

_HOP = 160


@dataclass(frozen=True)
class LogMelConfig:
    """n_mels: mel bands, 80 or 128, the two that Whisper's models know."""

    backend: str = "logmel"
    n_mels: Literal[80, 128] = 80

    def load(self) -> LogMel:
        """The encoder; it needs no weights."""
        return LogMel(self.n_mels)


class LogMel:
    """Bands at a hop of 10 ms; token n is centred on n * 10 ms. Scaled by the recording's loudest band, as Whisper
    scales it.
    """

    batch_size = 1

    def __init__(self, n_mels: int) -> None:
        self._n_mels = n_mels
        self.streams = {"mel": Stream(n_mels, 100.0, 0.0)}
        self.identity = f"openai-whisper {version('openai-whisper')}"

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        """See Encoder.encode."""
        return [Encoded({"mel": log_mel(samples, self._n_mels).T.contiguous().numpy()}) for samples in batch]


def log_mel(samples: Samples, n_mels: int) -> torch.Tensor:
    """The log-mel spectrogram (n_mels, T) of a recording (S,) as openai-whisper computes it, T = S // 160.

    Raises AudioError where the recording is shorter than the window of 25 ms.
    """
    import whisper

    if len(samples) < whisper.audio.N_FFT:
        raise AudioError(f"is {1000 * len(samples) / 16_000:.0f} ms long, shorter than one window of 25 ms")
    found: torch.Tensor = whisper.log_mel_spectrogram(samples, n_mels)
    return found
