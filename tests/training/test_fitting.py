"""What networks take from the training data, against numpy; and what is disturbed in training."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from kmtalk_align import blocks
from kmtalk_model.dataset import ClipDataset, Heard
from kmtalk_model.experiment import Audio, Keys, Training
from kmtalk_model.networks.basis import MotionBasis
from kmtalk_model.networks.context import AudioContext
from kmtalk_model.training import fitting
from kmtalk_model.training.augmentation import disturbed, noisy
from tests.made_capture import VERTICES, template
from tests.networks.padded import FEATURES, batch
from tests.training.made_experiment import EARS, SPLITS, TRAINING, corpus, motion_of

TRAIN = [one for one, split in SPLITS.items() if split == "train"]
SETTINGS = blocks.build(Training, TRAINING, where="test")


@pytest.fixture
def clips(tmp_path: Path) -> ClipDataset:
    found = corpus(tmp_path)
    heard = Heard(found, Keys("asr", "aligner", "phoneme", True), Audio(EARS, "interpolate", None))
    return ClipDataset(found, heard, "train")


def offsets() -> np.ndarray:
    """All training motion (frames, 3V)."""
    moved = [motion_of(one) - template("ann") for one in TRAIN]
    return np.concatenate([one.reshape(len(one), -1) for one in moved]).astype(np.float64)


def test_features_are_scaled_by_mean_and_deviation_of_training(clips: ClipDataset) -> None:
    audio = AudioContext(8, 4, 0, 1, 0.0)
    fitting.fit_features(audio, clips)
    heard = np.concatenate([clips[place].features.numpy() for place in range(len(clips))]).astype(np.float64)
    assert audio.mean.numpy() == pytest.approx(heard.mean(0), abs=1e-5)
    assert audio.deviation.numpy() == pytest.approx(heard.std(0), rel=1e-4, abs=1e-4)


def test_a_basis_is_that_of_the_training_motion(clips: ClipDataset) -> None:
    motion = MotionBasis(VERTICES, 2)
    fitting.fit_basis(motion, clips)
    _, values, directions = np.linalg.svd(offsets(), full_matrices=False)
    agreement = np.abs(motion.basis.double().numpy() @ directions[:2].T)
    assert agreement == pytest.approx(np.eye(2), abs=1e-3)
    assert motion.scale.numpy() == pytest.approx(values[:2] / len(offsets()) ** 0.5, rel=1e-3)


@pytest.mark.parametrize("components", [4, 18, 40])
def test_directions_without_motion_are_none(clips: ClipDataset, components: int) -> None:
    motion = MotionBasis(VERTICES, components)
    fitting.fit_basis(motion, clips)
    assert motion.basis.any(dim=1).tolist() == [True] * 2 + [False] * (components - 2)
    coefficients = motion.encode(torch.randn(5, VERTICES, 3))
    assert coefficients.abs().max() < 1e3
    assert not coefficients[:, 2:].any()
    again = motion.decode(motion.encode(torch.from_numpy(offsets().astype(np.float32)).reshape(-1, VERTICES, 3)))
    assert again.flatten(1).numpy() == pytest.approx(offsets(), abs=1e-4)


def test_without_components_there_is_one_deviation(clips: ClipDataset) -> None:
    motion = MotionBasis(VERTICES, 0)
    fitting.fit_basis(motion, clips)
    assert motion.scale.tolist() == pytest.approx([np.sqrt((offsets() ** 2).mean())], rel=1e-5)


def test_frames_that_do_not_fit_are_evenly_spaced(clips: ClipDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_ROOM", len(offsets()) * 3 * VERTICES // 4)
    found = fitting._sample(clips).numpy()
    steps = [step for step in range(2, 8) if len(offsets()[::step]) == len(found)]
    assert any(found == pytest.approx(offsets()[::step], abs=1e-6) for step in steps)
    assert found.size <= fitting._ROOM + 3 * VERTICES


def test_noise_and_blanks_are_as_much_as_is_said() -> None:
    speech = batch([(400, [0]), (300, [1])])
    mean, deviation = torch.full((FEATURES,), 5.0), torch.arange(1.0, FEATURES + 1)
    quiet = dataclasses.replace(SETTINGS, feature_noise=0.0, feature_mask=0.0)
    assert torch.equal(disturbed(speech, mean, deviation, quiet).features, speech.features)
    torch.manual_seed(0)
    noise = disturbed(speech, mean, deviation, dataclasses.replace(quiet, feature_noise=0.5)).features - speech.features
    assert noise.std(dim=(0, 1)).tolist() == pytest.approx((0.5 * deviation).tolist(), rel=0.1)
    blanked = 0
    for _ in range(200):
        changed = disturbed(speech, mean, deviation, dataclasses.replace(quiet, feature_mask=0.5)).features
        where = (changed != speech.features).any(-1)
        assert (changed[where] == 5.0).all()
        for row in where:
            places = row.nonzero().flatten()
            assert len(places) <= round(0.3 * 25)
            assert len(places) == 0 or places[-1] - places[0] + 1 == len(places)
            blanked += len(places) > 0
    assert 0.4 < blanked / 400 < 0.6


def test_key_motions_get_noise_or_none() -> None:
    keys = torch.zeros(2, 400, 6)
    assert noisy(keys, 0.0) is keys
    assert noisy(keys, 0.3).std().item() == pytest.approx(0.3, rel=0.1)
