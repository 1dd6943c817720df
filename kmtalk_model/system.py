"""A system: the trained networks of a run, from speech to the motion of every frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from kmtalk_align import blocks
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.encoders.base import check_device
from kmtalk_model.interpolation import Method, interpolated
from kmtalk_model.networks.completion import MotionCompletion
from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
from kmtalk_model.networks.key_motion import KeyMotionDecoder, KeysOfSequence
from kmtalk_model.networks.speech import Speech
from kmtalk_model.run_folder import RunFolder

FindKeys = Callable[[Speech], Tensor]
"""Key motions (B, m, V, 3) of speech: Linguistic-based Key Motion Acquisition (KMTalk Eq. 1)."""
Complete = Callable[[Speech, Tensor], Tensor]
"""The whole motion (B, N, V, 3) of speech and key motions: Cross-modal Motion Completion (KMTalk Eq. 3)."""


@dataclass(frozen=True)
class System:
    """What finds the key motions, and what completes them; offsets from the template throughout."""

    find_keys: FindKeys
    complete: Complete
    completion: MotionCompletion | None = None

    @classmethod
    def from_run(cls, run: RunFolder, device: str = "cpu") -> System:
        """The networks of a run, ready.

        Raises ArtefactError where a stage is missing or can't be read, ConfigError for a device that is not here.
        """
        check_device(device, where="--device")

        def decoder(stage: str) -> KeyMotionDecoder:
            found: KeyMotionDecoder = _loaded(KeyMotionDecoder, KeyMotionConfig, run.stage(stage), device)
            return found

        if run.run.system == "single_stage":
            return single_stage(decoder("single_stage"))
        try:
            from_decoder = run.run.experiment["key_motions_from"] == "key_motion"
            method = run.run.experiment["completion"]["method"]
        except (KeyError, TypeError) as error:
            raise ArtefactError(
                f"does not say how key motions are found and completed ({error})",
                where=run.folder / "run.json",
                fix="assemble the run again: `kmtalk assemble`, or snakemake",
            ) from error
        find = decoder("key_motion") if from_decoder else KeysOfSequence(decoder("single_stage"))
        if method == "network":
            network: MotionCompletion = _loaded(MotionCompletion, CompletionConfig, run.stage("completion"), device)
            return cls(find, network, network)
        if method == "insert":
            return cls(find, inserting_into(decoder("single_stage")))
        return cls(find, lambda speech, keys: interpolated(keys, speech, cast(Method, method)))

    def predict(self, speech: Speech) -> Tensor:
        """Offsets from the template (B, N, V, 3)."""
        return self.complete(speech, self.find_keys(speech))

    def flow_share(self, speech: Speech, key_motions: Tensor) -> Tensor | None:
        """The mean share of Phi, 1 - G, at each frame (B, N); None where there is no gate."""
        if self.completion is None:
            return None
        _, gate = self.completion.coefficients(speech, self.completion.motion.encode(key_motions))
        return None if gate is None else 1 - gate.mean(dim=-1)


def single_stage(decoder: KeyMotionDecoder) -> System:
    """The system that decodes every frame at once and completes nothing."""
    return System(lambda speech: decoder(speech.with_every_frame_a_key()), lambda _, motion: motion)


def inserting_into(decoder: KeyMotionDecoder) -> Complete:
    """Key motions put straight into a single-stage decoder's sequence."""
    return lambda speech, keys: speech.put_at_keys(decoder(speech.with_every_frame_a_key()), keys)


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
