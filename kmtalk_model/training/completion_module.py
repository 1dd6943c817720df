"""Training of the motion completion (KMTalk Sec. 3.3)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kmtalk_model.dataset import Batch
from kmtalk_model.experiment import CompletionStage
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder, KeysOfSequence
from kmtalk_model.networks.speech import Speech
from kmtalk_model.training.augmentation import noisy
from kmtalk_model.training.stage_module import StageModule

# How often predicted key motions are taken, by key_source; `mixed` has a chance of its own.
_CHANCE = {"ground_truth": 0.0, "noise": 0.0, "predicted": 1.0}


class CompletionModule(StageModule):
    """The completion on captured or predicted key motions. What the first stage predicts is computed once a clip.

    Validated on predicted key motions where it has the first stage, as it is used; else on captured ones.
    """

    network: MotionCompletion

    def __init__(
        self,
        network: MotionCompletion,
        stage: CompletionStage,
        first_stage: KeyMotionDecoder | KeysOfSequence | None,
        **common: Any,
    ) -> None:
        super().__init__(network, stage.training, stage.losses, **common)
        # In a list, so that it is no part of what is trained and saved.
        self._first_stage = [] if first_stage is None else [first_stage.eval().requires_grad_(False)]
        self._chance = _CHANCE.get(stage.key_source, stage.mixed)
        self._noise = stage.noise
        self._predicted: dict[str, Tensor] = {}

    def terms(self, batch: Batch, speech: Speech) -> dict[str, Tensor]:
        """Eq. 6."""
        keys = self._captured(batch)
        if self._chance:
            chosen = torch.rand(len(keys), device=keys.device) < self._chance
            keys = torch.where(chosen[:, None, None], self._from_first_stage(batch), keys)
        found, _ = self.network.coefficients(speech, noisy(keys, self._noise))
        return self.motion_terms(self.network.motion.decode(found), batch.offsets, speech.frame_mask)

    def predicted(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The whole motion, beside the captured one."""
        keys = self._from_first_stage(batch) if self._first_stage else self._captured(batch)
        found, _ = self.network.coefficients(batch.speech, keys)
        return self.network.motion.decode(found), batch.offsets, batch.speech.frame_mask

    def _captured(self, batch: Batch) -> Tensor:
        """Captured key motions as coefficients (B, m, k)."""
        return self.network.motion.encode(batch.speech.at_keys(batch.offsets))

    def _from_first_stage(self, batch: Batch) -> Tensor:
        """Key motions of the first stage as coefficients (B, m, k), 0 where padded."""
        whole = torch.zeros(*batch.speech.key_mask.shape, self.network.motion.width)
        for place, one in enumerate(batch.utterance_ids):
            if one not in self._predicted:
                # Alone, so that its last bits do not depend on what it is beside, and training that goes on has them.
                with torch.no_grad():
                    found = self._first_stage[0].to(self.device)(batch.speech.alone(place))
                self._predicted[one] = self.network.motion.encode(found)[0].cpu()
            whole[place, : len(self._predicted[one])] = self._predicted[one]
        return whole.to(self.device)
