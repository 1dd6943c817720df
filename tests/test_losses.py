"""The losses: against torch on single utterances, and against loops in float64 on padded batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kmtalk_model import losses
from kmtalk_model.loss_weights import COMPLETION, KEY_MOTION, LossWeights
from kmtalk_model.networks.lip_reader import LipReading
from kmtalk_model.networks.lip_target import LipTarget

FRAMES = [7, 1, 12, 5]
LIPS, UPPER = torch.tensor([0, 3]), torch.tensor([1, 2, 4])
TOKENS, LABELS = [9, 4, 12], [[1, 2, 2], [3], [4, 1, 3, 5]]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def batch(frames: list[int], dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Two motions (B, N, 5, 3) with different things in the padding, and the mask."""
    mask = torch.arange(max(frames)) < torch.tensor(frames)[:, None]
    shape = (len(frames), max(frames), 5, 3)
    found, captured = torch.randn(shape, dtype=dtype), torch.randn(shape, dtype=dtype)
    found[~mask], captured[~mask] = 1e3, -1e4
    return found, captured, mask


def by_hand(formula: Callable[[np.ndarray, np.ndarray], list[float]], *given: Tensor) -> float:
    """The mean of what a formula says of each utterance without its padding."""
    found, captured, mask = given
    values: list[float] = []
    for one, other, real in zip(found.numpy(), captured.numpy(), mask.numpy(), strict=True):
        values += formula(one[real], other[real])
    return sum(values) / len(values)


def squared_error(found: np.ndarray, captured: np.ndarray) -> list[float]:
    return [
        sum((found[t, v, c] - captured[t, v, c]) ** 2 for v in range(found.shape[1]) for c in range(3))
        / (3 * found.shape[1])
        for t in range(len(found))
    ]


def apart(found: np.ndarray, captured: np.ndarray) -> list[float]:
    """The absolute differences of standard deviations, their mean over vertices, of one utterance."""
    deviations = []
    for offsets in (found, captured):
        squared = [[sum(c * c for c in vertex) for vertex in frame] for frame in offsets]
        means = [sum(column) / len(squared) for column in zip(*squared, strict=True)]
        deviations.append(
            [(sum((frame[v] - mean) ** 2 for frame in squared) / len(squared)) ** 0.5 for v, mean in enumerate(means)]
        )
    return [sum(abs(one - other) for one, other in zip(*deviations, strict=True)) / found.shape[1]]


def test_reconstruction_is_the_mean_over_real_frames() -> None:
    given = batch(FRAMES)
    assert losses.reconstruction(*given).item() == pytest.approx(by_hand(squared_error, *given), rel=1e-12)


def test_velocity_is_the_mean_over_real_neighbours() -> None:
    given = batch(FRAMES)
    expected = by_hand(lambda one, other: squared_error(np.diff(one, axis=0), np.diff(other, axis=0)), *given)
    assert losses.velocity(*given).item() == pytest.approx(expected, rel=1e-12)


def test_lips_are_the_lips_alone() -> None:
    given = batch(FRAMES)
    expected = by_hand(lambda one, other: squared_error(one[:, LIPS], other[:, LIPS]), *given)
    assert losses.lips(*given, LIPS).item() == pytest.approx(expected, rel=1e-12)


def test_dynamics_are_deviations_over_real_frames() -> None:
    given = batch(FRAMES)
    expected = by_hand(lambda one, other: apart(one[:, UPPER], other[:, UPPER]), *given)
    assert losses.dynamics(*given, UPPER).item() == pytest.approx(expected, rel=1e-12)


def test_dynamics_are_at_least_fdd() -> None:
    found, captured, _ = batch([12])
    deviations = [one[0, :, UPPER].square().sum(-1).std(dim=0, unbiased=False).mean() for one in (found, captured)]
    assert losses.dynamics(found, captured, torch.ones(1, 12, dtype=torch.bool), UPPER) >= abs(
        deviations[0] - deviations[1]
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_utterance_has_selftalks_losses(dtype: torch.dtype) -> None:
    found, captured, mask = batch([12], dtype)
    error, exact = nn.MSELoss(), {"rtol": 1e-6 if dtype == torch.float32 else 1e-13, "atol": 0.0}
    torch.testing.assert_close(losses.reconstruction(found, captured, mask), error(found, captured), **exact)
    moved, captured_moved = found[:, 1:] - found[:, :-1], captured[:, 1:] - captured[:, :-1]
    torch.testing.assert_close(losses.velocity(found, captured, mask), error(moved, captured_moved), **exact)
    latent, states = torch.randn(1, 9, 4, dtype=dtype), torch.randn(1, 9, 4, dtype=dtype)
    real = torch.ones(1, 9, dtype=torch.bool)
    torch.testing.assert_close(losses.latent_consistency(latent, states, real), error(latent, states), **exact)


def reading_and_target(blank: int = 0) -> tuple[Tensor, Tensor, LipTarget]:
    """Logits (3, 12, 6) and latents with something in the padding, and their target."""
    labels = [[label if label != blank else 0 for label in one] for one in LABELS]
    target = LipTarget.of(TOKENS, labels, 50.0, 0.0125, [torch.randn(count, 4) for count in TOKENS])
    logits, latent = torch.randn(3, 12, 6), torch.randn(3, 12, 4)
    logits[~target.token_mask], latent[~target.token_mask] = 50.0, 50.0
    return logits, latent, target


@pytest.mark.parametrize("blank", [0, 5])
def test_text_consistency_is_torchs_ctc_of_each_utterance(blank: int) -> None:
    logits, _, target = reading_and_target(blank)
    found = losses.text_consistency(logits, target.token_mask, target.labels, target.label_lengths, blank)
    ctc = nn.CTCLoss(blank=blank, reduction="mean", zero_infinity=True)
    alone = [
        ctc(
            logits[place, :tokens].log_softmax(-1),
            target.labels[place, : target.label_lengths[place]],
            torch.tensor(tokens),
            target.label_lengths[place],
        )
        for place, tokens in enumerate(TOKENS)
    ]
    assert torch.allclose(found, torch.stack(alone).mean(), rtol=1e-5)


def test_labels_that_do_not_fit_count_as_zero_and_silence_is_read_as_blanks() -> None:
    logits = torch.randn(1, 3, 4)
    target = LipTarget.of([3], [[1, 1, 1, 1]], 50.0, 0.0)
    assert losses.text_consistency(logits, target.token_mask, target.labels, target.label_lengths) == 0
    silent = LipTarget.of([3], [[]], 50.0, 0.0)
    found = losses.text_consistency(logits, silent.token_mask, silent.labels, silent.label_lengths)
    assert torch.allclose(found, -logits.log_softmax(-1)[0, :, 0].sum())


def test_latents_are_met_at_real_tokens_alone() -> None:
    _, latent, target = reading_and_target()
    assert target.states is not None
    expected = (latent - target.states)[target.token_mask].square().mean()
    assert torch.allclose(losses.latent_consistency(latent, target.states, target.token_mask), expected)
    with pytest.raises(ValueError, match=r"of shape \(3, 12, 1\), where \(3, 12, 4\) is expected"):
        losses.latent_consistency(latent[..., :1], target.states, target.token_mask)


def test_no_gradient_comes_from_padding_and_every_real_frame_has_one() -> None:
    found, captured, mask = batch(FRAMES)
    found.requires_grad_()
    terms = losses.motion_terms(found, captured, mask, LossWeights(lips=1.0, dynamics=1.0), LIPS, UPPER)
    losses.weighted_sum(terms, LossWeights(lips=1.0, dynamics=1.0)).backward()
    assert found.grad is not None
    assert not found.grad[~mask].any()
    assert found.grad[mask].all()


def test_gradients_of_lip_reading_come_from_real_tokens() -> None:
    logits, latent, target = reading_and_target()
    logits.requires_grad_(), latent.requires_grad_()
    terms = losses.lip_reading_terms(LipReading(latent, logits), target, KEY_MOTION)
    losses.weighted_sum(terms, KEY_MOTION).backward()
    for one in (logits, latent):
        assert one.grad is not None
        assert not one.grad[~target.token_mask].any()
        assert one.grad[target.token_mask].any(dim=-1).all()


@pytest.mark.parametrize("scale", [0.0, 1e-4, 1.0, 100.0])
def test_gradients_are_finite_at_the_template_and_in_any_unit(scale: float) -> None:
    found, captured, mask = batch([6, 3], torch.float32)
    found, captured = (scale * found).requires_grad_(), scale * captured
    weights = LossWeights(lips=1.0, dynamics=1.0)
    losses.weighted_sum(losses.motion_terms(found, captured, mask, weights, LIPS, UPPER), weights).backward()
    assert found.grad is not None
    assert found.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_loses_no_small_error(dtype: torch.dtype) -> None:
    found, captured, mask = batch([8], torch.float32)
    found, captured = 1e-4 * found, 1e-4 * captured
    for loss in (losses.reconstruction, losses.velocity):
        half = loss(found.to(dtype), captured, mask)
        assert half.dtype == torch.float32
        assert torch.allclose(half, loss(found.to(dtype).float(), captured, mask))
        assert half > 0


def test_terms_are_those_with_a_weight_and_their_sum_is_the_papers() -> None:
    found, captured, mask = batch(FRAMES)
    terms = losses.motion_terms(found, captured, mask, COMPLETION, LIPS, UPPER)
    assert set(terms) == {"reconstruction", "velocity"}
    rec, vel = losses.reconstruction(found, captured, mask), losses.velocity(found, captured, mask)
    assert torch.allclose(losses.weighted_sum(terms, COMPLETION), rec + vel)
    assert not COMPLETION.reads_lips
    logits, latent, target = reading_and_target()
    terms = losses.motion_terms(found, captured, mask, KEY_MOTION, LIPS, UPPER) | losses.lip_reading_terms(
        LipReading(latent, logits), target, KEY_MOTION
    )
    assert KEY_MOTION.reads_lips
    expected = 1000 * rec + 1000 * vel + 0.001 * terms["latent"] + 0.0001 * terms["ctc"]
    assert torch.allclose(losses.weighted_sum(terms, KEY_MOTION), expected)


def test_what_cannot_be_summed_is_refused() -> None:
    nothing = LossWeights(0, 0, 0, 0)
    with pytest.raises(ValueError, match="no loss"):
        losses.weighted_sum(losses.motion_terms(*batch([3]), nothing, LIPS, UPPER), nothing)
    with pytest.raises(ValueError, match="hidden states"):
        losses.lip_reading_terms(
            LipReading(torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)), LipTarget.of([2], [[1]], 50.0, 0.0), KEY_MOTION
        )


def test_a_motion_of_one_frame_has_no_velocity() -> None:
    assert losses.velocity(*batch([1, 1])) == 0
