"""What the training of every stage has in common, as a LightningModule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import lightning
import torch
from torch import Tensor

from kmtalk_model.dataset import Batch
from kmtalk_model.experiment import Training
from kmtalk_model.loss_weights import LossWeights
from kmtalk_model.losses import motion_terms, weighted_sum
from kmtalk_model.networks.context import AudioContext
from kmtalk_model.networks.speech import Speech
from kmtalk_model.training.augmentation import disturbed
from kmtalk_model.training.order import seed_of

IDENTITY = "kmtalk_identity"
"""The key of a checkpoint that says which training it is of."""


@dataclass(frozen=True)
class Regions:
    """Vertex indices that losses and validation look at: of the lips (L,), of the upper face (U,)."""

    lips: Tensor
    upper_face: Tensor


class StageModule(lightning.LightningModule):
    """A network in training. A subclass gives `terms`, the loss's, and `predicted`, what is validated.

    Validation is by LVE, pooled over frames as the protocol `codetalker` does. identity: a digest of all that it
    is trained from.
    """

    network: Any
    identity = ""
    _lips: Tensor
    _upper_face: Tensor

    def __init__(self, network: Any, training: Training, weights: LossWeights, regions: Regions, seed: int) -> None:
        super().__init__()
        self.network, self._training, self._weights, self._seed = network, training, weights, seed
        self.register_buffer("_lips", regions.lips, persistent=False)
        self.register_buffer("_upper_face", regions.upper_face, persistent=False)
        self._validated: list[Tensor] = []

    def terms(self, batch: Batch, speech: Speech) -> dict[str, Tensor]:
        """The terms of the loss of a batch, whose disturbed speech is `speech`, by their names in LossWeights."""
        raise NotImplementedError

    def predicted(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """What is validated: predicted and captured offsets (B, T, V, 3), and their mask (B, T)."""
        raise NotImplementedError

    def motion_terms(self, found: Tensor, captured: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The terms that compare motion (B, T, V, 3)."""
        return motion_terms(found, captured, mask, self._weights, self._lips, self._upper_face)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of a batch."""
        terms = self.terms(batch, self._disturbed(batch.speech))
        loss = weighted_sum(terms, self._weights)
        size = len(batch.utterance_ids)
        self.log("train/loss", loss, on_epoch=True, on_step=False, batch_size=size, prog_bar=True)
        for name, term in terms.items():
            self.log(f"train/{name}", term, on_epoch=True, on_step=False, batch_size=size)
        return loss

    def _disturbed(self, speech: Speech) -> Speech:
        audio = self.network.audio
        if not isinstance(audio, AudioContext):
            return speech
        return disturbed(speech, audio.mean, audio.deviation, self._training)

    def validation_step(self, batch: Batch, _: int) -> None:
        """Sum of lip vertex errors and number of frames."""
        self._validated.append(self._lip_errors(batch))

    def _lip_errors(self, batch: Batch) -> Tensor:
        found, captured, mask = self.predicted(batch)
        errors = (found - captured)[:, :, self._lips].square().sum(-1).amax(-1)
        return torch.stack([errors[mask].double().sum(), mask.sum().double()])

    def on_validation_epoch_end(self) -> None:
        """LVE over all clips of all processes."""
        gathered = torch.as_tensor(self.all_gather(torch.stack(self._validated).sum(0)))
        errors, frames = gathered.reshape(-1, 2).sum(0)
        self._validated.clear()
        self.log("val/lve", (errors / frames).float(), prog_bar=True, rank_zero_only=False)

    def on_train_epoch_start(self) -> None:
        """Dropout and noise follow from seed and epoch."""
        torch.manual_seed(seed_of(self._seed, self.current_epoch) + self.global_rank * 7919)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A checkpoint says which training it is of."""
        checkpoint[IDENTITY] = self.identity

    def configure_optimizers(self) -> Any:
        """Adam, or AdamW where weights decay; its learning rate is warmed up, then constant or half a cosine."""
        training = self._training
        parameters = [one for one in self.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(parameters, training.learning_rate, weight_decay=training.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / max(1, training.warmup_steps))
            left = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) if training.schedule == "cosine" else 1.0
            return warm * left

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, _: int) -> Batch:
        """Lightning knows no Batch."""
        return batch.to(device)


def lip_vertex_error(module: StageModule, batches: Iterable[Batch]) -> float:
    """LVE over the clips of some batches, in squared units of the corpus."""
    with torch.inference_mode():
        errors, frames = torch.stack([module._lip_errors(batch) for batch in batches]).sum(0)
    return float(errors / frames)
