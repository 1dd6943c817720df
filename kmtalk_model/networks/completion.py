"""Cross-modal Motion Completion of KMTalk Sec. 3.3: audio, key motions and key frames -> the whole motion."""

# No postponed annotations: huggingface_hub reads them to load a config.
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.config import CompletionConfig
from kmtalk_model.networks.decoder import MotionDecoder
from kmtalk_model.networks.motion_flow import Gate, MotionFlowEncoder
from kmtalk_model.networks.parts import audio_network
from kmtalk_model.networks.speech import Speech


class MotionCompletion(
    nn.Module, PyTorchModelHubMixin, library_name="kmtalk", license="apache-2.0", tags=["talking-face"]
):
    """Motion Flow Encoder, gate, and the motion decoder of the Multimodal-Guided Decoder."""

    def __init__(self, config: CompletionConfig) -> None:
        super().__init__()
        self.config = config
        self.motion = MotionBasis(config.vertices, config.components)
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
