"""What the networks of a run predict of the clips of its corpus, from cached features and key frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

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
        self._corpus, self._device = corpus, device
        self._system = System.from_run(folder, device)

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        """The vertices (T, V, 3) of each clip, by utterance id."""
        for clip in clips:
            speech = Speech.of([self.heard.features(clip)], [self.heard.key_frames(clip)], clip.fps).to(self._device)
            with torch.inference_mode():
                offsets = self._system.predict(speech)[0].cpu().numpy()
            yield clip.utterance_id, self._corpus.template(clip) + offsets

    def figures(self) -> Mapping[str, float]:
        """Nothing beside its predictions."""
        return {}
