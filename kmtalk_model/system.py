"""A system: the trained networks of a run, from speech to the motion of every frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from kmtalk_align import blocks
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
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
        """The networks of a run, ready. Raises ArtefactError where a stage is missing or can't be read."""
        if run.run.system == "single_stage":
            return cls(_loaded(KeyMotionDecoder, KeyMotionConfig, run.stage("single_stage"), device), None)
        return cls(
            _loaded(KeyMotionDecoder, KeyMotionConfig, run.stage("key_motion"), device),
            _loaded(MotionCompletion, CompletionConfig, run.stage("completion"), device),
        )

    def predict(self, speech: Speech) -> Tensor:
        """Offsets from the template (B, N, V, 3)."""
        if self.completion is None:
            motion: Tensor = self.decoder(speech.with_every_frame_a_key())
        else:
            motion = self.completion(speech, self.decoder(speech))
        return motion


def _loaded(network: Any, config: Any, folder: Path, device: str) -> Any:
    """A network in eval mode. (huggingface_hub's from_pretrained prints a line for each.)"""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / "config.json"
    try:
        made = network(blocks.build(config, json.loads(path.read_text(encoding="utf-8")), where=str(path)))
        made.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, RuntimeError, SafetensorError, ConfigError) as error:
        raise ArtefactError(f"is no readable network ({error})", where=folder, fix="train the stage again") from error
    return made.to(device).eval()
