"""Speech of any length through the networks: over windows of frames that overlap, as long as the clips that they were
trained on, and so that memory has a bound.

Neighbouring windows are cross-faded over what they share: at a seam a frame changes by no more than each of the two
windows does by itself, and the difference between them divided by the frames of the fade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError
from kmtalk_model.encoders.base import Window, windows

if TYPE_CHECKING:
    import torch

    from kmtalk_model.networks.speech import Speech


class System(Protocol):
    """What turns speech into motion: the networks of a run."""

    def predict(self, speech: Speech) -> torch.Tensor:
        """Offsets from the template (B, N, V, 3)."""
        ...


@dataclass(frozen=True)
class Windows:
    """length_s: seconds that the networks see at once; shared_s: seconds that neighbouring windows share.

    Raises ConfigError where the shared part is not shorter than half a window.
    """

    length_s: float = 20.0
    shared_s: float = 4.0

    @classmethod
    def like(cls, longest_clip_s: float | None) -> Windows:
        """Windows as long as the longest training clip, with two fifths shared: networks that have seen clips of 3 s
        err the more, the longer their windows are (docs/training.md).
        """
        return cls() if longest_clip_s is None else cls(longest_clip_s, 0.4 * longest_clip_s)

    def __post_init__(self) -> None:
        """Raises ConfigError."""
        if not 0 < 2 * self.shared_s < self.length_s:
            raise ConfigError(
                f"windows of {self.length_s:g} s can't share {self.shared_s:g} s",
                where="windows",
                fix="share less than half of a window, and more than nothing",
            )

    def over(self, n_frames: int, fps: float) -> list[Window]:
        """The windows over so many frames."""
        length = max(3, round(self.length_s * fps))
        shared = min(max(1, round(self.shared_s * fps)), length // 2)
        return windows(n_frames, length, shared)


def predict(
    system: System,
    features: NDArray[np.float32],
    key_frames: NDArray[np.int32],
    fps: float,
    *,
    parts: Windows,
    anchor_ends: bool = True,
    device: str = "cpu",
) -> NDArray[np.float32]:
    """Offsets (N, V, 3) of features (N, d) with key frames (m,), by a system in inference mode.

    anchor_ends: whether the ends of an utterance are key frames, and so those of a window are too. Where a window has
    no key frame at all, as in a long silence, its ends are.
    """
    import torch

    from kmtalk_model.networks.speech import Speech

    whole: NDArray[np.float32] | None = None
    end = 0  # of what is done
    with torch.inference_mode():
        for window in parts.over(len(features), fps):
            speech = Speech.of(
                [torch.from_numpy(features[window.start : window.stop])],
                [torch.from_numpy(_keys_within(key_frames, window, len(features), anchor_ends=anchor_ends))],
                fps,
            )
            offsets = system.predict(speech.to(device))[0].cpu().numpy()
            if whole is None:
                whole = np.empty((len(features), *offsets.shape[1:]), np.float32)
            _fade_in(whole, offsets, window, end)
            end = window.stop
    assert whole is not None
    return whole


def _keys_within(
    key_frames: NDArray[np.int32], window: Window, n_frames: int, *, anchor_ends: bool
) -> NDArray[np.int64]:
    """The key frames of a window, counted from its start."""
    found = key_frames[(key_frames >= window.start) & (key_frames < window.stop)] - window.start
    is_part = window.stop - window.start < n_frames
    if not found.size or (anchor_ends and is_part):
        found = np.union1d(found, [0, window.stop - window.start - 1])
    return found.astype(np.int64)


def _fade_in(whole: NDArray[np.float32], offsets: NDArray[np.float32], window: Window, end: int) -> None:
    """Put the frames of a window (N, V, 3) into the whole, which is done up to the frame `end`."""
    shared = end - window.start
    weights = (np.arange(1, shared + 1, dtype=np.float32) / (shared + 1))[:, None, None]
    both = whole[window.start : end]
    both += weights * (offsets[:shared] - both)
    whole[end : window.stop] = offsets[shared:]
