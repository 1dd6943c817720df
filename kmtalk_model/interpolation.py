"""Key motions interpolated over time, without a network: what motion completion must beat (KMTalk Sec. 3.3)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from kmtalk_model.networks.speech import Speech

Method = Literal["linear", "spline"]


def interpolated(key_motions: Tensor, speech: Speech, method: Method) -> Tensor:
    """The whole motion (B, N, V, 3) of key motions (B, m, V, 3): by straight lines or a natural cubic spline.

    Before the first and after the last key frame the nearest one holds.
    """
    whole = torch.zeros(*speech.frame_mask.shape, *key_motions.shape[2:])
    for place, (motions, frames, mask) in enumerate(
        zip(key_motions.cpu().numpy(), speech.key_frames.cpu().numpy(), speech.key_mask.cpu().numpy(), strict=True)
    ):
        whole[place] = torch.from_numpy(_one(motions[mask], frames[mask], whole.shape[1], method))
    return whole.to(key_motions.device)


def _one(
    motions: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    frames: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    n_frames: int,
    method: Method,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    from scipy.interpolate import CubicSpline, make_interp_spline

    if len(frames) == 1:
        return np.repeat(motions, n_frames, axis=0)
    wanted = np.clip(np.arange(n_frames), frames[0], frames[-1])
    if method == "spline" and len(frames) > 2:
        curve = CubicSpline(frames, motions, bc_type="natural")
    else:
        curve = make_interp_spline(frames, motions, k=1)
    return np.asarray(curve(wanted), dtype=np.float32)
