"""The whole network, its parts named as in the published checkpoint."""

from __future__ import annotations

from torch import Tensor, nn

from kmtalk_align.asr.auto_avsr.conformer import ConformerEncoder
from kmtalk_align.asr.auto_avsr.decoder import Decoder
from kmtalk_align.asr.auto_avsr.frontend import Frontend, normalised
from kmtalk_align.asr.auto_avsr.size import NetworkSize


class Network(nn.Module):
    """Front end, projection, encoder; then a decoder beside a CTC head (Ma et al. 2023, arXiv:2303.14307)."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.frontend = Frontend(size.channels)
        self.proj_encoder = nn.Linear(size.channels[-1], size.width)
        self.encoder = ConformerEncoder(size)
        self.decoder = Decoder(size)
        self.ctc = CtcHead(size)

    def forward(self, samples: Tensor) -> Tensor:
        """Clips (B, S) at 16 kHz, in any loudness -> what the encoder makes of them (B, S // 640, d)."""
        found: Tensor = self.encoder(self.proj_encoder(self.frontend(normalised(samples))))
        return found


class CtcHead(nn.Module):
    """Encoded tokens (..., d) -> log-probabilities (..., outputs) of a unit or the blank at each."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.ctc_lo = nn.Linear(size.width, size.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        scores: Tensor = self.ctc_lo(x)
        return scores.log_softmax(-1)
