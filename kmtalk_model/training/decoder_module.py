"""Training of the Key Motion-focused Decoder and of the single-stage decoder (KMTalk Sec. 3.2)."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from kmtalk_model.dataset import Batch
from kmtalk_model.experiment import DecoderStage
from kmtalk_model.losses import lip_reading_terms
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.lip_reader import LipReader
from kmtalk_model.networks.speech import Speech
from kmtalk_model.training.stage_module import StageModule


class DecoderModule(StageModule):
    """The decoder on the key frames of its speech: those of the experiment, or every frame."""

    network: KeyMotionDecoder

    def __init__(
        self, network: KeyMotionDecoder, stage: DecoderStage, lip_reader: LipReader | None, blank: int, **common: Any
    ) -> None:
        super().__init__(network, stage.training, stage.losses, **common)
        self.lip_reader, self._blank = lip_reader, blank
        self._direct = stage.supervision == "direct"

    def terms(self, batch: Batch, speech: Speech) -> dict[str, Tensor]:
        """Eq. 2 on the pseudo-complete sequence; with direct supervision, the motion's terms on key motions alone."""
        keys = self.network(speech)
        complete = speech.put_at_keys(batch.offsets, keys)
        if self._direct:
            terms = self.motion_terms(keys, speech.at_keys(batch.offsets), speech.key_mask)
        else:
            terms = self.motion_terms(complete, batch.offsets, speech.frame_mask)
        if self.lip_reader is not None and batch.lip_target is not None:
            lips = complete[:, :, self._lips]
            reading = self.lip_reader(lips, speech.frame_mask, speech.fps, batch.lip_target)
            terms |= lip_reading_terms(reading, batch.lip_target, self._weights, self._blank)
        return terms

    def predicted(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Key motions, beside the captured ones."""
        return self.network(batch.speech), batch.speech.at_keys(batch.offsets), batch.speech.key_mask
