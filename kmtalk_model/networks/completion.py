"""Cross-modal Motion Completion of KMTalk Sec. 3.3: audio, key motions and key frames -> the whole motion."""

# No postponed annotations: huggingface_hub reads them to know the config's type.
from dataclasses import dataclass

from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from kmtalk_model.networks.config import NetworkConfig, audio_network, motion_basis
from kmtalk_model.networks.decoder import MotionDecoder
from kmtalk_model.networks.motion_flow import Gate, MotionFlowEncoder
from kmtalk_model.networks.speech import Speech


@dataclass(frozen=True)
class CompletionConfig(NetworkConfig):
    """decoder_layers: of the motion decoder; encoder_layers, cross_layers, fusion_kernel: of the Motion Flow Encoder;
    audio_guidance: whether A takes part at all (KMTalk Table 3).
    """

    decoder_layers: int = 1
    encoder_layers: int = 2
    cross_layers: int = 2
    fusion_kernel: int = 3
    audio_guidance: bool = True


class MotionCompletion(
    nn.Module, PyTorchModelHubMixin, library_name="kmtalk", license="apache-2.0", tags=["talking-face"]
):
    """Motion Flow Encoder, gate, and the motion decoder of the Multimodal-Guided Decoder."""

    def __init__(self, config: CompletionConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = motion_basis(config)
        self.flow = MotionFlowEncoder(
            self.motion.width,
            config.width,
            config.heads,
            config.encoder_layers,
            config.cross_layers,
            config.fusion_kernel,
            config.dropout,
        )
        self.audio = audio_network(config) if config.audio_guidance else None
        self.gate = Gate(config.width) if config.audio_guidance else None
        self.decoder = MotionDecoder(
            config.width, config.heads, config.decoder_layers, config.dropout, self.motion.width
        )

    def forward(self, speech: Speech, key_motions: Tensor) -> Tensor:
        """The whole motion Y (B, N, V, 3) as offsets, of key motions K (B, m, V, 3)."""
        coefficients, _ = self.coefficients(speech, self.motion.encode(key_motions))
        return self.motion.decode(coefficients)

    def coefficients(self, speech: Speech, key_motions: Tensor) -> tuple[Tensor, Tensor | None]:
        """The motion (B, N, k) of key motions (B, m, k), both as coefficients; and G (B, N, d), None without audio."""
        flow = self.flow(key_motions, speech)
        mixed, gate = flow, None
        if self.audio is not None and self.gate is not None:
            mixed, gate = self.gate(self.audio(speech.features, speech.frame_mask), flow)
        return self.decoder(mixed, speech.frame_mask, mixed, speech.frame_mask), gate
