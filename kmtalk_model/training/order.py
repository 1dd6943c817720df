"""The order of clips and the random numbers of an epoch, which follow from seed and epoch alone: so that training that
was broken off goes on with the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

_EPOCHS_APART = 100_003


def seed_of(seed: int, epoch: int) -> int:
    """The seed of an epoch."""
    return seed * _EPOCHS_APART + epoch


class EpochOrder(Sampler[int]):
    """All clips in an order of their own for each epoch. Lightning calls `set_epoch` before each."""

    def __init__(self, clips: int, seed: int) -> None:
        self._clips, self._seed, self._epoch = clips, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of an epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._clips

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(seed_of(self._seed, self._epoch))
        yield from torch.randperm(self._clips, generator=generator).tolist()
