"""What lip reading aims at in a batch: tokens in time, a CTC teacher's hidden states at them, and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


@dataclass(frozen=True)
class LipTarget:
    """A batch of utterances, padded at their ends.

    token_mask: (B, T) bool, true for a token of the utterance; states: the teacher's hidden states (B, T, h), None
    where no latent loss is taken; labels: what is said, (B, S) int64; label_lengths: (B,) int64; rate_hz: tokens a
    second; first_s: the time that the first token stands for, as in the teacher's Stream.
    """

    token_mask: Tensor
    states: Tensor | None
    labels: Tensor
    label_lengths: Tensor
    rate_hz: float
    first_s: float

    @classmethod
    def of(
        cls,
        token_counts: Sequence[int],
        labels: Sequence[Sequence[int]],
        rate_hz: float,
        first_s: float,
        states: Sequence[Tensor] | None = None,
    ) -> LipTarget:
        """The batch of utterances of so many tokens and so many labels each, with states (T_i, h).

        Raises ValueError where an utterance has another number of states than tokens.
        """
        if states is not None and [len(one) for one in states] != list(token_counts):
            raise ValueError(
                f"states of {[len(one) for one in states]} tokens, where {list(token_counts)} are expected"
            )
        return cls(
            torch.arange(max(token_counts)) < torch.tensor(token_counts)[:, None],
            None if states is None else pad_sequence([one.float() for one in states], batch_first=True),
            pad_sequence([torch.tensor(one, dtype=torch.int64) for one in labels], batch_first=True),
            torch.tensor([len(one) for one in labels]),
            rate_hz,
            first_s,
        )

    @property
    def token_times(self) -> Tensor:
        """The time that each token stands for, in seconds: (T,)."""
        return self.first_s + torch.arange(self.token_mask.shape[1], device=self.token_mask.device) / self.rate_hz

    def to(self, device: torch.device | str) -> LipTarget:
        """The same on another device."""
        return LipTarget(
            self.token_mask.to(device),
            None if self.states is None else self.states.to(device),
            self.labels.to(device),
            self.label_lengths.to(device),
            self.rate_hz,
            self.first_s,
        )
