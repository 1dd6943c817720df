"""The sizes and choices of the networks: what an experiment may change of them, and what its data dictate."""

# No postponed annotations: huggingface_hub reads them to load a config.
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class NetworkChoices:
    """width: d; heads: of every attention; decoder_layers: of the motion decoder; components: of the motion basis, 0
    for every coordinate by itself; context_layers, context_kernel: convolutions over frozen features, of odd kernels.
    """

    width: int
    heads: int
    dropout: float
    decoder_layers: int
    components: int
    context_layers: int
    context_kernel: int

    def __post_init__(self) -> None:
        """Raises ValueError where the sizes do not fit."""
        if self.width < 1 or self.heads < 1 or self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        _check_kernel("context_kernel", self.context_kernel)


@dataclass(frozen=True, kw_only=True)
class KeyMotionChoices(NetworkChoices):
    """memory: what the decoder attends to, A_k (`keys`, as the paper says) or all of A (`audio`); positions: whether
    the times of the key frames are added to A_k.
    """

    memory: Literal["keys", "audio"]
    positions: bool


@dataclass(frozen=True, kw_only=True)
class CompletionChoices(NetworkChoices):
    """encoder_layers, cross_layers, fusion_kernel: of the Motion Flow Encoder; audio_guidance: whether A takes part at
    all (KMTalk Table 3).
    """

    encoder_layers: int
    cross_layers: int
    fusion_kernel: int
    audio_guidance: bool

    def __post_init__(self) -> None:
        """Raises ValueError where the sizes do not fit."""
        super().__post_init__()
        _check_kernel("fusion_kernel", self.fusion_kernel)


@dataclass(frozen=True, kw_only=True)
class FromData:
    """vertices: V; features: d_in, of the cached features at a frame; wav2vec2: the config of transformers whose
    network is fine-tuned, None for frozen features; tokens_per_frame: of its convolutional features, side by side.
    """

    vertices: int
    features: int
    wav2vec2: dict[str, Any] | None = None
    tokens_per_frame: int = 1


@dataclass(frozen=True, kw_only=True)
class KeyMotionConfig(KeyMotionChoices, FromData):
    """Of the KeyMotionDecoder."""


@dataclass(frozen=True, kw_only=True)
class CompletionConfig(CompletionChoices, FromData):
    """Of the MotionCompletion."""


def _check_kernel(name: str, kernel: int) -> None:
    """Raise ValueError for a kernel that has no middle, which would shift the frames and make one more."""
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"{name} {kernel} is not odd")
