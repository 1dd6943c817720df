"""Cached artefacts -> batches: features at frames, captured offsets and key frames of the clips of a split."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from kmtalk_align import stage
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.tables import KEY_FRAMES
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.experiment import Audio, Keys
from kmtalk_model.feature_cache import FeatureCache
from kmtalk_model.networks.lip_target import LipTarget
from kmtalk_model.networks.speech import Speech

_FALLBACK = "fallback"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clip:
    """One utterance: features (N, d), offsets from the template (N, V, 3), key frames (m,)."""

    utterance_id: str
    features: Tensor
    offsets: Tensor
    key_frames: Tensor
    fps: float


@dataclass(frozen=True)
class Batch:
    """Clips side by side, padded at their ends: offsets (B, N, V, 3); what lip reading aims at, where it is trained."""

    utterance_ids: tuple[str, ...]
    speech: Speech
    offsets: Tensor
    lip_target: LipTarget | None = None

    @classmethod
    def of(cls, clips: Sequence[Clip]) -> Batch:
        """The batch of clips of one frame rate, with motion."""
        speech = Speech.of([clip.features for clip in clips], [clip.key_frames for clip in clips], clips[0].fps)
        offsets = pad_sequence([clip.offsets for clip in clips], batch_first=True)
        return cls(tuple(clip.utterance_id for clip in clips), speech, offsets)

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        target = None if self.lip_target is None else self.lip_target.to(device)
        return replace(self, speech=self.speech.to(device), offsets=self.offsets.to(device), lip_target=target)


def streams_of(audio: Audio) -> tuple[str, ...] | None:
    """The encoder's outputs that the networks hear: the convolutions' where their transformer is trained, else all."""
    return ("conv",) if audio.fine_tune else None


class Heard:
    """The features and key frames of a corpus, as an experiment takes them."""

    def __init__(self, corpus: CapturedCorpus, keys: Keys, audio: Audio) -> None:
        """Raises ArtefactError where there are no such features or key frames."""
        results = corpus.results.folder
        self.cache, self._resample = FeatureCache(results / "features" / audio.encoder), audio.resample
        self._streams = streams_of(audio)
        folder = results / "keyframes" / keys.name
        shards = [folder / f"{name}.parquet" for name in corpus.results.shards]
        self._key_frames = {row["utterance_id"]: row for path in shards for row in KEY_FRAMES.read(path)}
        without_keys = {one: row["message"] for one, row in self._key_frames.items() if stage.failure(row) is not None}
        self.missing = without_keys | self.cache.failures()  # why clips can't be used, by utterance id

    def features(self, clip: Utterance) -> Tensor:
        """Features (N, d) at the frames of a clip. Raises ArtefactError where it has none."""
        found = self.cache.at_frames(clip.utterance_id, clip.n_frames, clip.fps, self._resample, self._streams)
        return torch.from_numpy(found)

    def key_frames(self, clip: Utterance) -> Tensor:
        """Key frames (m,) of a clip. Raises ArtefactError where it has none, or they are of another frame rate."""
        row = self._key_frames.get(clip.utterance_id)
        if row is None or row["n_frames"] != clip.n_frames or not row["key_frames"]:
            raise ArtefactError(
                "has no key frames, or those of another length",
                where=clip.utterance_id,
                fix="make the key frames again: snakemake",
            )
        return torch.tensor(row["key_frames"], dtype=torch.int64)

    def is_fallback(self, clip: Utterance) -> bool:
        """Whether the clip could not be aligned, and its key frames are evenly spaced."""
        return bool(self._key_frames[clip.utterance_id]["source"] == _FALLBACK)


class ClipDataset(Dataset[Clip]):
    """The clips of a split that can be used. left_out: why each of the others is not, by utterance id."""

    def __init__(self, corpus: CapturedCorpus, heard: Heard, split: str, *, with_fallback: bool = True) -> None:
        """Raises ConfigError where the split has no clip, ArtefactError where none of its clips can be used."""
        found = corpus.split(split)
        self.left_out: dict[str, str] = dict(found.failed)
        for one in found.clips.values():
            if one.utterance_id in heard.missing:
                self.left_out[one.utterance_id] = heard.missing[one.utterance_id]
            elif not with_fallback and heard.is_fallback(one):
                self.left_out[one.utterance_id] = "could not be aligned, and the experiment takes no fallback"
        self.clips = [clip for one, clip in found.clips.items() if one not in self.left_out]
        self.corpus, self.heard = corpus, heard
        if self.left_out:
            _log.warning("%d clips of split %s are left out: %s", len(self.left_out), split, _first(self.left_out))
        if not self.clips:
            raise ArtefactError(f"no clip of split {split!r} can be used", where=_first(self.left_out))

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Clip:
        clip = self.clips[index]
        captured = np.asarray(self.corpus.vertices(clip), dtype=np.float32) - self.corpus.template(clip)
        features, key_frames = self.heard.features(clip), self.heard.key_frames(clip)
        return Clip(clip.utterance_id, features, torch.from_numpy(captured), key_frames, clip.fps)


def _first(messages: Mapping[str, str]) -> str:
    one, message = next(iter(messages.items()))
    return message if one in message else f"{one}: {message}"
