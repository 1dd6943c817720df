"""How clips become a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kmtalk_model.dataset import Batch, Clip
from kmtalk_model.training.lip_targets import LipTargets


@dataclass(frozen=True)
class Collate:
    """Batches of clips; every frame a key frame for the single-stage decoder; with what lip reading aims at."""

    every_frame_a_key: bool
    targets: LipTargets | None = None

    def __call__(self, clips: Sequence[Clip]) -> Batch:
        """The batch of some clips of one frame rate."""
        batch = Batch.of(clips)
        if self.every_frame_a_key:
            batch = replace(batch, speech=batch.speech.with_every_frame_a_key())
        return batch if self.targets is None else replace(batch, lip_target=self.targets.of(batch.utterance_ids))
