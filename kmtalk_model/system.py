"""A system: the trained networks of a run, from speech to the motion of every frame."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.key_motion import KeyMotionDecoder
from kmtalk_model.networks.speech import Speech
from kmtalk_model.run_folder import RunFolder


@dataclass(frozen=True)
class System:
    """KMTalk's two networks; without `completion`, the single-stage decoder."""

    decoder: KeyMotionDecoder
    completion: MotionCompletion | None

    @classmethod
    def from_run(cls, run: RunFolder, device: str = "cpu") -> System:
        """The networks of a run, ready. Raises ArtefactError where a stage is missing."""
        if run.run.system == "single_stage":
            return cls(KeyMotionDecoder.from_pretrained(run.stage("single_stage")).to(device).eval(), None)
        return cls(
            KeyMotionDecoder.from_pretrained(run.stage("key_motion")).to(device).eval(),
            MotionCompletion.from_pretrained(run.stage("completion")).to(device).eval(),
        )

    def predict(self, speech: Speech) -> Tensor:
        """Offsets from the template (B, N, V, 3)."""
        if self.completion is None:
            motion: Tensor = self.decoder(speech.with_every_frame_a_key())
        else:
            motion = self.completion(speech, self.decoder(speech))
        return motion
