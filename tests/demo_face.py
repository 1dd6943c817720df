"""The demo's face as it speaks a sentence, and distances on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.coarticulation import Phone
from kmtalk_align.corpora.demo.head import Head
from kmtalk_align.corpora.demo.performance import weights


@dataclass(frozen=True)
class Sentence:
    """A sentence of the demo, and the head that says it."""

    utterance_id: str
    phones: list[Phone]
    words: list[tuple[float, float]]
    head: Head

    def weights(self, times_s: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return weights(self.utterance_id, self.phones, self.words, times_s)

    def vertices(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.head.pose(self.weights(times_s))

    def frames(self, fps: float = 25.0) -> NDArray[np.float64]:
        """The times of all frames."""
        return np.arange(int(self.phones[-1].end_s * fps)) / fps

    def middles(self, *labels: str) -> NDArray[np.float64]:
        """The middle of every phone with one of these labels, in seconds."""
        return np.array([(one.start_s + one.end_s) / 2 for one in self.phones if one.label in labels])


def opening_mm(head: Head, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distance (T,) of the pair of inner-lip vertices."""
    upper, lower = head.mouth_opening
    return 1000 * np.linalg.norm(vertices[:, upper] - vertices[:, lower], axis=-1)


def lip_gaps_mm(head: Head, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far (T, K) the upper lip is above the lower one, along the mouth."""
    return 1000 * (vertices[:, head.inner_lips[:, 0], 1] - vertices[:, head.inner_lips[:, 1], 1])
