"""What the networks take from the training data before the first step: the scale of features, a basis of the motion."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kmtalk_model.dataset import ClipDataset
from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.context import AudioContext

# Numbers that frames of motion may take in memory while a basis is fitted: 1 GB.
_ROOM = 250_000_000
_LEAST_DEVIATION = 1e-4
# Of the randomised SVD: directions beyond those that are kept, and power iterations.
_MORE, _ROUNDS = 16, 4


def fit_features(audio: AudioContext, clips: ClipDataset) -> None:
    """Mean and deviation of the training features."""
    total, squares, frames = torch.zeros(()), torch.zeros(()), 0
    for clip in clips.clips:
        features = clips.heard.features(clip).double()
        total, squares, frames = total + features.sum(0), squares + features.square().sum(0), frames + len(features)
    mean = total / frames
    variance = squares / frames - mean.square()
    audio.set_statistics(mean, variance.clamp(min=0).sqrt().clamp(min=_LEAST_DEVIATION))


def fit_basis(motion: MotionBasis, clips: ClipDataset) -> None:
    """The directions in which the training motion moves most, as deviations from the template, by a randomised SVD
    (Halko et al. 2011). Without components, the deviation of all coordinates alone.
    """
    offsets = _sample(clips)
    components = motion.basis.shape[0]
    if components == 0:
        motion.set(motion.basis, offsets.square().mean().sqrt()[None])
        return
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _, values, directions = torch.svd_lowrank(offsets, min(components + _MORE, *offsets.shape), niter=_ROUNDS)
    deviation = values[:components] / len(offsets) ** 0.5
    # Directions without motion must not be divided by.
    motion.set(directions[:, :components].T, deviation.clamp(min=1e-6 * float(deviation.max())))


def _sample(clips: ClipDataset) -> Tensor:
    """Offsets (frames, 3V) of training frames, evenly spaced where all of them don't fit."""
    frames = sum(clip.n_frames for clip in clips.clips)
    width = 3 * clips.corpus.template(clips.clips[0]).shape[0]
    step = max(1, -(-frames * width // _ROOM))
    parts, at = [], 0
    for clip in clips.clips:
        rows = np.arange(-at % step, clip.n_frames, step)
        at += clip.n_frames
        captured = np.asarray(clips.corpus.vertices(clip)[rows], dtype=np.float32) - clips.corpus.template(clip)
        parts.append(captured.reshape(len(rows), width))
    return torch.from_numpy(np.concatenate(parts))
