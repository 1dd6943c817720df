"""The losses of KMTalk Eq. 2 and Eq. 6, as SelfTalk has them, and two that the paper has not.

Motion is offsets from the template (B, N, V, 3); masks are bool, true for what is real. A batch's loss is the mean over
all real frames (tokens) of all its utterances, so that one utterance alone has SelfTalk's: torch's MSELoss and CTCLoss
on tensors without padding (SelfTalk_release main.py; networks.md 2). Sums are in float32 at least, whatever a network
computes in.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kmtalk_model.loss_weights import LossWeights
from kmtalk_model.networks.lip_reader import LipReading
from kmtalk_model.networks.lip_target import LipTarget


def reconstruction(found: Tensor, captured: Tensor, frame_mask: Tensor) -> Tensor:
    """L_rec: mean squared error of all coordinates at real frames.

    Of key motions and key mask instead of a whole motion it is their direct supervision (KMTalk Sec. 3.2).
    """
    return _mean(_squared_error(found, captured), frame_mask)


def velocity(found: Tensor, captured: Tensor, frame_mask: Tensor) -> Tensor:
    """L_vel: mean squared error of the differences of neighbouring frames that are both real; 0 where none are."""
    pairs = frame_mask[:, 1:] & frame_mask[:, :-1]
    return _mean(_squared_error(_precise(found).diff(dim=1), _precise(captured).diff(dim=1)), pairs)


def latent_consistency(latent: Tensor, states: Tensor, token_mask: Tensor) -> Tensor:
    """L_lat: mean squared error of the lips' features and the teacher's hidden states (B, T, h) at real tokens.

    Raises ValueError where they are not of one width.
    """
    return _mean(_squared_error(latent, states), token_mask)


def text_consistency(
    logits: Tensor, token_mask: Tensor, labels: Tensor, label_lengths: Tensor, blank: int = 0
) -> Tensor:
    """L_ctc: CTC loss of what is read, logits (B, T, C), and what is said, labels (B, S) of lengths (B,).

    An utterance's is divided by its number of labels, then the mean is taken over utterances; an utterance with more
    labels than its tokens can hold counts as 0. Source: Graves et al. 2006, as torch's CTCLoss.
    """
    return nn.functional.ctc_loss(
        _precise(logits).log_softmax(dim=-1).transpose(0, 1),
        labels,
        token_mask.sum(dim=1),
        label_lengths,
        blank=blank,
        zero_infinity=True,
    )


def lips(found: Tensor, captured: Tensor, frame_mask: Tensor, lip_vertices: Tensor) -> Tensor:
    """`reconstruction` at the lip vertices (L,) alone: added to that of all, it weighs the lips more."""
    return reconstruction(found[:, :, lip_vertices], captured[:, :, lip_vertices], frame_mask)


def dynamics(found: Tensor, captured: Tensor, frame_mask: Tensor, upper_face: Tensor) -> Tensor:
    """How far apart the dynamics of the upper face's vertices (U,) are: mean_v |std_t q_tv - std_t q'_tv| of squared
    norms q of offsets over real frames (ddof 0), in squared units; the mean over utterances.

    FDD has no absolute value in the mean over vertices (CodeTalker's cal_metric.py), so that it is at most this.
    """
    apart = _deviation(found[:, :, upper_face], frame_mask) - _deviation(captured[:, :, upper_face], frame_mask)
    return apart.abs().mean()


def motion_terms(
    found: Tensor,
    captured: Tensor,
    frame_mask: Tensor,
    weights: LossWeights,
    lip_vertices: Tensor,
    upper_face: Tensor,
) -> dict[str, Tensor]:
    """The terms of the motion that have a weight, each without it, by their names in LossWeights."""
    terms = {}
    if weights.reconstruction:
        terms["reconstruction"] = reconstruction(found, captured, frame_mask)
    if weights.velocity:
        terms["velocity"] = velocity(found, captured, frame_mask)
    if weights.lips:
        terms["lips"] = lips(found, captured, frame_mask, lip_vertices)
    if weights.dynamics:
        terms["dynamics"] = dynamics(found, captured, frame_mask, upper_face)
    return terms


def lip_reading_terms(
    reading: LipReading, target: LipTarget, weights: LossWeights, blank: int = 0
) -> dict[str, Tensor]:
    """The terms of lip reading that have a weight, each without it. Raises ValueError where the target has no states
    and they are to be met.
    """
    terms = {}
    if weights.latent:
        if target.states is None:
            raise ValueError("a latent loss needs the teacher's hidden states")
        terms["latent"] = latent_consistency(reading.latent, target.states, target.token_mask)
    if weights.ctc:
        terms["ctc"] = text_consistency(reading.logits, target.token_mask, target.labels, target.label_lengths, blank)
    return terms


def weighted_sum(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """KMTalk Eq. 2, or Eq. 6, of its terms. Raises ValueError where there are none."""
    if not terms:
        raise ValueError("no loss has a weight")
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


def _squared_error(found: Tensor, captured: Tensor) -> Tensor:
    """Mean squared error (B, T) at each frame or token of (B, T, ...)."""
    if found.shape != captured.shape:  # torch would spread the one over the other, and say nothing
        raise ValueError(f"of shape {tuple(found.shape)}, where {tuple(captured.shape)} is expected")
    return (_precise(found) - _precise(captured)).square().flatten(2).mean(dim=-1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of values (B, T) where the mask is true, 0 where it is nowhere."""
    return values.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)


def _deviation(offsets: Tensor, frame_mask: Tensor) -> Tensor:
    """The standard deviation over real frames of the squared norms of offsets (B, N, U, 3): (B, U)."""
    squared = _precise(offsets).square().sum(dim=-1)
    counts, real = frame_mask.sum(dim=1)[:, None], frame_mask[..., None]
    mean = squared.masked_fill(~real, 0.0).sum(dim=1) / counts
    variance = (squared - mean[:, None]).square().masked_fill(~real, 0.0).sum(dim=1) / counts
    # A root has no gradient at zero, where training starts; the least that there is leaves it finite, in any unit.
    return (variance + torch.finfo(variance.dtype).tiny).sqrt()


def _precise(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
