"""What the networks take from the training data before the first step: the scale of features, a basis of the motion."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from kmtalk_model.dataset import ClipDataset
from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.context import AudioContext

# Numbers that frames of motion may take in memory while a basis is fitted: 1 GB.
_ROOM = 250_000_000
_LEAST_DEVIATION = 1e-4
# A direction moves if it does so this much, in deviations of the first: single precision tells less from nothing.
_LEAST_MOTION = 1e-5
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
        deviation = offsets.square().mean().sqrt()
        motion.set(motion.basis, torch.where(deviation > 0, deviation, 1.0)[None])
        return
    with torch.random.fork_rng():
        torch.manual_seed(0)
        _, values, directions = torch.svd_lowrank(offsets, min(components + _MORE, *offsets.shape), niter=_ROUNDS)
    motion.set(*_moving(directions.T[:components], values[:components] / len(offsets) ** 0.5, components))


def _moving(directions: Tensor, deviation: Tensor, components: int) -> tuple[Tensor, Tensor]:
    """A basis (k, 3V) of the directions (j, 3V) in which there is motion, and its deviation (k,).

    Others, and those beyond what few frames can tell, are no directions at all: zeros, of deviation 1. What other clips
    have in them would be divided by next to nothing.
    """
    moves = deviation > _LEAST_MOTION * deviation.max()
    missing = components - len(deviation)
    basis = nn.functional.pad(directions * moves[:, None], (0, 0, 0, missing))
    return basis, nn.functional.pad(torch.where(moves, deviation, 1.0), (0, missing), value=1.0)


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
