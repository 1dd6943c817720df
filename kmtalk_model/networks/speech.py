"""What the networks hear: audio features at the frames of an animation, and which of these are key frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


@dataclass(frozen=True)
class Speech:
    """A batch of utterances, padded at their ends.

    features: A of KMTalk before the networks' own part of the encoder, (B, N, d) at `fps` frames a second;
    frame_mask: (B, N) bool, true for a frame of the utterance; key_frames: I of KMTalk, 0-based (B, m), 0 where padded;
    key_mask: (B, m) bool, true for a key frame.
    """

    features: Tensor
    frame_mask: Tensor
    key_frames: Tensor
    key_mask: Tensor
    fps: float

    @classmethod
    def of(cls, features: Sequence[Tensor], key_frames: Sequence[Tensor], fps: float) -> Speech:
        """The batch of utterances (N_i, d), each with its key frames (m_i,). Raises ValueError where one has none."""
        if any(len(keys) == 0 for keys in key_frames):
            raise ValueError("an utterance has no key frame")
        return cls(
            pad_sequence(list(features), batch_first=True),
            _mask([len(one) for one in features], features[0].device),
            pad_sequence(list(key_frames), batch_first=True),
            _mask([len(one) for one in key_frames], features[0].device),
            fps,
        )

    @property
    def frame_times(self) -> Tensor:
        """The time that each frame stands for, in seconds: (N,)."""
        return torch.arange(self.features.shape[1], device=self.features.device) / self.fps

    @property
    def key_times(self) -> Tensor:
        """The time of each key frame in seconds: (B, m)."""
        return self.key_frames / self.fps

    def with_every_frame_a_key(self) -> Speech:
        """The same speech with I = {0, ..., N-1}, by which the key motion decoder is a single-stage decoder."""
        frames = torch.arange(self.features.shape[1], device=self.features.device)
        return replace(self, key_frames=frames * self.frame_mask, key_mask=self.frame_mask)

    def alone(self, place: int) -> Speech:
        """One utterance of the batch, without padding."""
        frames, keys = self.frame_mask[place], self.key_mask[place]
        return Speech.of([self.features[place, frames]], [self.key_frames[place, keys]], self.fps)

    def to(self, device: torch.device | str) -> Speech:
        """The same on another device."""
        return Speech(
            self.features.to(device),
            self.frame_mask.to(device),
            self.key_frames.to(device),
            self.key_mask.to(device),
            self.fps,
        )

    def at_keys(self, values: Tensor) -> Tensor:
        """Values (B, N, ...) at the key frames: (B, m, ...)."""
        index = self.key_frames.reshape(*self.key_frames.shape, *[1] * (values.ndim - 2))
        return torch.gather(values, 1, index.expand(*self.key_frames.shape, *values.shape[2:]))

    def put_at_keys(self, sequence: Tensor, keys: Tensor) -> Tensor:
        """A sequence (B, N, ...) with `keys` (B, m, ...) in place of its key frames: a pseudo-complete sequence
        (KMTalk Sec. 3.2), or tokens put back in order of their frames (Sec. 3.3).
        """
        batch = torch.arange(len(sequence), device=sequence.device)[:, None].expand_as(self.key_frames)
        found = sequence.clone()
        found[batch[self.key_mask], self.key_frames[self.key_mask]] = keys[self.key_mask].to(sequence.dtype)
        return found


def _mask(lengths: Sequence[int], device: torch.device) -> Tensor:
    return torch.arange(max(lengths), device=device) < torch.tensor(lengths, device=device)[:, None]
