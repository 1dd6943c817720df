"""The Key Motion-focused Decoder of KMTalk Sec. 3.2: audio features at the key frames -> key motions."""

# No postponed annotations: huggingface_hub reads them to load a config.
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.config import KeyMotionConfig
from kmtalk_model.networks.decoder import MotionDecoder
from kmtalk_model.networks.parts import audio_network
from kmtalk_model.networks.positions import sinusoidal_positions
from kmtalk_model.networks.speech import Speech


class KeyMotionDecoder(
    nn.Module, PyTorchModelHubMixin, library_name="kmtalk", license="apache-2.0", tags=["talking-face"]
):
    """Gathers A at the key frames and decodes the key motions K, offsets from the template.

    With every frame a key frame it is the single-stage decoder of SelfTalk.
    """

    def __init__(self, config: KeyMotionConfig) -> None:
        super().__init__()
        self.config = config
        self.audio = audio_network(config)
        self.motion = MotionBasis(config.vertices, config.components)
        self.decoder = MotionDecoder(
            config.width, config.heads, config.decoder_layers, config.dropout, self.motion.width
        )

    def forward(self, speech: Speech) -> Tensor:
        """Key motions K (B, m, V, 3)."""
        return self.motion.decode(self.coefficients(speech))

    def coefficients(self, speech: Speech) -> Tensor:
        """Key motions (B, m, k) as coefficients of the motion basis."""
        audio = self.audio(speech.features, speech.frame_mask)
        at_keys = speech.at_keys(audio)
        if self.config.positions:
            at_keys = at_keys + sinusoidal_positions(speech.key_times, self.config.width)
        if self.config.memory == "audio":
            found: Tensor = self.decoder(at_keys, speech.key_mask, audio, speech.frame_mask)
        else:
            found = self.decoder(at_keys, speech.key_mask, at_keys, speech.key_mask)
        return found


class KeysOfSequence(nn.Module):
    """Key motions taken from a single-stage decoder's sequence (KMTalk Table 3, without Key Motion-focused Decoder)."""

    def __init__(self, decoder: KeyMotionDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, speech: Speech) -> Tensor:
        """Key motions K (B, m, V, 3)."""
        return speech.at_keys(self.decoder(speech.with_every_frame_a_key()))
