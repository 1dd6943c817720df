"""What the networks of a run predict of the clips of its corpus, from cached features and key frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from kmtalk_align import blocks
from kmtalk_align.corpus import Utterance
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.dataset import Heard
from kmtalk_model.experiment import Audio, Keys
from kmtalk_model.metrics import Vertices
from kmtalk_model.networks.speech import Speech
from kmtalk_model.run_folder import RunFolder
from kmtalk_model.system import System


class RunPredictor:
    """A trained run, one clip at a time. heard: the features and key frames that its experiment names."""

    def __init__(self, corpus: CapturedCorpus, folder: RunFolder, device: str = "cpu") -> None:
        """Raises ArtefactError where a stage, the features or the key frames are missing, ConfigError where run.json
        does not say which they are.
        """
        self.name = folder.run.name
        said, where = folder.run.experiment, f"{folder.folder / 'run.json'}: experiment"
        self.keys = blocks.build(Keys, said.get("keys", {}), where=f"{where}, keys")
        self.audio = blocks.build(Audio, said.get("audio", {}), where=f"{where}, audio")
        self.heard = Heard(corpus, self.keys, self.audio)
        self.corpus, self._device = corpus, device
        self.system = System.from_run(folder, device)
        self._flow_shares: dict[str, float] = {}

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """The vertices (T, V, 3) of each clip, by utterance id."""
        for clip in clips:
            speech = self.speech(clip)
            with torch.inference_mode():
                keys = self.system.find_keys(speech)
                share = self.system.flow_share(speech, keys)
            if share is not None:
                self._flow_shares[clip.utterance_id] = float(share.mean())
            yield clip.utterance_id, self.completed(clip, speech, keys)

    def figures(self) -> Mapping[str, float]:
        """The mean share of Phi in the gate over the clips that were predicted, where there is a gate."""
        shares = list(self._flow_shares.values())
        return {"mean share of Phi in the gate": float(np.mean(shares))} if shares else {}

    def speech(self, clip: Utterance) -> Speech:
        """What is heard of a clip."""
        return Speech.of([self.heard.features(clip)], [self.heard.key_frames(clip)], clip.fps).to(self._device)

    def completed(self, clip: Utterance, speech: Speech, key_motions: Tensor) -> Vertices:
        """The vertices (T, V, 3) of a clip from its key motions (1, m, V, 3)."""
        with torch.inference_mode():
            offsets = self.system.complete(speech, key_motions)[0].cpu().numpy()
        found: Vertices = self.corpus.template(clip) + offsets
        return found


@dataclass(frozen=True)
class Asked:
    """A clip with what is heard of it, and another clip."""

    clip: Utterance
    speech: Speech
    other: Utterance


KeyChange = Callable[[RunPredictor, Asked], Tensor]
"""Key motions (1, m, V, 3) for a clip."""


@dataclass(frozen=True)
class WithOtherKeys:
    """A run whose completion is given other key motions than its own: whether, and how much, it goes by them."""

    run: RunPredictor
    what: str
    change: KeyChange = field(repr=False)

    @property
    def name(self) -> str:
        """What its row is called."""
        return f"{self.run.name}, {self.what}"

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """See RunPredictor.predict."""
        for clip, other in with_another(clips):
            speech = self.run.speech(clip)
            with torch.inference_mode():
                keys = self.change(self.run, Asked(clip, speech, other))
            yield clip.utterance_id, self.run.completed(clip, speech, keys)

    def figures(self) -> Mapping[str, float]:
        """Nothing beside its predictions."""
        return {}


@dataclass(frozen=True)
class WithOtherAudio:
    """A run that hears another clip, features and key frames, in place of each: whether it goes by what it hears."""

    run: RunPredictor

    @property
    def name(self) -> str:
        """What its row is called."""
        return f"{self.run.name}, another clip's audio"

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """See RunPredictor.predict; the other clip's motion is cut, or its last frame held."""
        for clip, other in with_another(clips):
            with torch.inference_mode():
                offsets = self.run.system.predict(self.run.speech(other))[0].cpu().numpy()
            frames = np.minimum(np.arange(clip.n_frames), len(offsets) - 1)
            yield clip.utterance_id, self.run.corpus.template(clip) + offsets[frames]

    def figures(self) -> Mapping[str, float]:
        """Nothing beside its predictions."""
        return {}


def with_another(clips: Sequence[Utterance]) -> list[tuple[Utterance, Utterance]]:
    """Each clip with the next one of its subject, the last with the first; a lone one with the next of all."""
    pairs = []
    for place, clip in enumerate(clips):
        after = [*clips[place + 1 :], *clips[:place]] or [clip]
        pairs.append((clip, next((one for one in after if one.subject == clip.subject), after[0])))
    return pairs


def _zeroed(run: RunPredictor, asked: Asked) -> Tensor:
    return torch.zeros_like(run.system.find_keys(asked.speech))


def _of_another(run: RunPredictor, asked: Asked) -> Tensor:
    """Those of another clip, in its order: as many as are needed, evenly chosen."""
    keys = run.system.find_keys(run.speech(asked.other))
    chosen = torch.linspace(0, keys.shape[1] - 1, asked.speech.key_frames.shape[1]).round().long()
    return keys[:, chosen.to(keys.device)]


def _captured(run: RunPredictor, asked: Asked) -> Tensor:
    offsets = torch.from_numpy(run.corpus.offsets(asked.clip).astype(np.float32))[None]
    return asked.speech.at_keys(offsets.to(asked.speech.features.device))


def probes(run: RunPredictor) -> list[WithOtherKeys | WithOtherAudio]:
    """A run with zeroed key motions, another clip's, the captured ones, and another clip's audio; the last alone where
    nothing is completed.
    """
    audio = WithOtherAudio(run)
    if run.system.completion is None:
        return [audio]
    changes = {"keys zeroed": _zeroed, "another clip's keys": _of_another, "captured keys": _captured}
    return [*(WithOtherKeys(run, what, change) for what, change in changes.items()), audio]
