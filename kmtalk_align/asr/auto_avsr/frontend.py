"""The front end: a residual network over the waveform, which gives 25 tokens a second.

Names and sizes are those of the published checkpoint (mpc001/auto_avsr, audio-only).
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

TOKEN_SAMPLES = 640
"""Samples of a token at 16 kHz: 25 tokens a second."""
_POOLED = 20


class Frontend(nn.Module):
    """Samples (B, S) -> tokens (B, S // 640, c), c the channels of the last stage; samples beyond the last whole token
    are dropped.
    """

    def __init__(self, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.trunk = Trunk(channels)

    def forward(self, samples: Tensor) -> Tensor:
        """See the class."""
        whole = samples.shape[-1] // TOKEN_SAMPLES * TOKEN_SAMPLES
        found: Tensor = self.trunk(samples[:, None, :whole])
        return found.transpose(1, 2)


class Trunk(nn.Module):
    """Samples (B, 1, S) -> (B, c, S // 640): a wide convolution, four stages of two blocks, and an average."""

    def __init__(self, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, channels[0], 80, stride=4, padding=38, bias=False)
        self.bn1 = nn.BatchNorm1d(channels[0])
        self.layer1 = _stage(channels[0], channels[0], stride=1)
        self.layer2 = _stage(channels[0], channels[1], stride=2)
        self.layer3 = _stage(channels[1], channels[2], stride=2)
        self.layer4 = _stage(channels[2], channels[3], stride=2)

    def forward(self, samples: Tensor) -> Tensor:
        """See the class."""
        found = functional.silu(self.bn1(self.conv1(samples)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            found = stage(found)
        return functional.avg_pool1d(found, _POOLED, _POOLED)


class ResidualBlock(nn.Module):
    """(B, c_in, S) -> (B, c, S / stride): two convolutions beside a shortcut (He et al. 2016, Fig. 2)."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(before, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm1d(channels)
        self.conv2 = nn.Conv1d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm1d(channels)
        self.downsample: nn.Module | None = None
        if stride > 1:
            shortcut = nn.Conv1d(before, channels, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm1d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        inner = functional.silu(self.bn1(self.conv1(x)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return functional.silu(self.bn2(self.conv2(inner)) + shortcut)


def normalised(samples: Tensor) -> Tensor:
    """Samples (B, S) with mean 0 and variance 1 over each whole clip."""
    return functional.layer_norm(samples, samples.shape[-1:], eps=1e-8)


def _stage(before: int, channels: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(ResidualBlock(before, channels, stride), ResidualBlock(channels, channels, 1))
