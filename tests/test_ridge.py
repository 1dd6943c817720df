"""ridge.py and rivals.py: against scikit-learn on all frames at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge as Oracle
from sklearn.preprocessing import StandardScaler

from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.metrics import lip_vertex_errors
from kmtalk_model.ridge import Ridge, Rows, Scaling
from kmtalk_model.rivals import PENALTIES, MeanPose, RidgeRegression, fit_rivals, with_context
from tests.made_capture import LIPS, VERTICES, captured, motion, template

LENGTHS = {"a": 90, "b": 40, "c": 75, "d": 60}


def features_of(clip: Utterance) -> Rows:
    """What the motion is made of, seen through noise; and one feature that never changes."""
    seed = sum(map(ord, clip.utterance_id))
    offsets = motion(clip.n_frames, seed, clip.subject) - template(clip.subject)
    noise = np.random.default_rng(seed).normal(0, 0.3, (clip.n_frames, 18))
    mixed = (offsets.reshape(clip.n_frames, -1) + noise) * np.logspace(-3, 3, 18) + 100.0
    return np.concatenate([mixed, np.full((clip.n_frames, 1), 7.0)], axis=1).astype(np.float32)


@pytest.fixture
def corpus(tmp_path: Path) -> CapturedCorpus:
    splits = {"a": "train", "b": "train", "c": "val", "d": "testA"}
    subjects = {"a": "ann", "b": "benny", "c": "ann", "d": "ann"}
    return captured(
        tmp_path,
        {one: (splits[one], subjects[one], motion(LENGTHS[one], sum(map(ord, one)), subjects[one])) for one in LENGTHS},
    )


@settings(max_examples=20)
@given(st.lists(st.integers(1, 1500), min_size=1, max_size=4), st.sampled_from([1e-2, 1.0, 100.0]))
def test_pieces_of_any_length_give_what_all_frames_at_once_give(lengths: list[int], penalty: float) -> None:
    random = np.random.default_rng(sum(lengths))
    pieces = []
    for length in lengths:
        features = random.normal(1.0, 1.0, (length, 5)).astype(np.float32)
        pieces.append((features, (features[:, :3] @ random.normal(size=(3, 4)) + 2.0).astype(np.float32)))
    all_features, all_targets = (np.concatenate([piece[side] for piece in pieces]) for side in (0, 1))
    oracle = Oracle(alpha=penalty).fit(all_features.astype(np.float64), all_targets.astype(np.float64))
    [found] = Ridge.fit(iter(pieces)).predict(all_features, [penalty])
    assert found == pytest.approx(oracle.predict(all_features), rel=1e-3, abs=2e-3)


def test_scaling_is_that_of_all_frames_and_a_constant_becomes_zero() -> None:
    random = np.random.default_rng(0)
    pieces = [random.normal([3.0, -80.0], [2.0, 0.01], (length, 2)) for length in (5, 90)]
    pieces = [np.concatenate([piece, np.full((len(piece), 1), 7.0)], axis=1) for piece in pieces]
    scaling = Scaling.of(iter(pieces))
    expected = StandardScaler().fit(np.concatenate(pieces)).transform(pieces[0])
    assert scaling(pieces[0]) == pytest.approx(expected, abs=1e-4)
    assert np.all(scaling(pieces[0])[:, 2] == 0)


def test_context_holds_the_ends() -> None:
    found = with_context(np.array([[1.0], [2.0], [3.0]], dtype=np.float32), 2)
    assert found.tolist() == [[1, 1, 1, 2, 3], [1, 1, 2, 3, 3], [1, 2, 3, 3, 3]]


def test_the_regression_is_scikit_learns_with_the_penalty_that_is_best_on_val(corpus: CapturedCorpus) -> None:
    train, val, test = (list(corpus.split(name).clips.values()) for name in ("train", "val", "testA"))
    found = RidgeRegression(corpus, features_of, train, val, context=1)

    scaler = StandardScaler().fit(np.concatenate([features_of(clip) for clip in train]))
    heard = {clip: with_context(scaler.transform(features_of(clip)), 1) for clip in (*train, *val, *test)}
    targets = np.concatenate([corpus.offsets(clip).reshape(clip.n_frames, -1) for clip in train])
    oracles = {
        penalty: Oracle(alpha=penalty).fit(np.concatenate([heard[clip] for clip in train]), targets)
        for penalty in PENALTIES
    }

    def lve(penalty: float) -> float:
        offsets = oracles[penalty].predict(heard[val[0]]).reshape(-1, VERTICES, 3)
        return float(lip_vertex_errors(offsets, corpus.offsets(val[0]), np.array(LIPS)).mean())

    assert found.penalty == min(PENALTIES, key=lve)
    assert 1.0 < found.penalty < 1e6  # the choice is no end of the list
    [(utterance_id, vertices)] = found.predict(test)
    offsets = oracles[found.penalty].predict(heard[test[0]]).reshape(-1, VERTICES, 3)
    assert utterance_id == "d"
    assert vertices == pytest.approx(template("ann") + offsets, abs=1e-3)
    assert found.figures() == {"penalty": found.penalty, "context": 1}


def test_the_mean_pose_is_the_clips_own_template_with_the_mean_offset(corpus: CapturedCorpus) -> None:
    train, test = (list(corpus.split(name).clips.values()) for name in ("train", "testA"))
    [(_, vertices)] = MeanPose(corpus, train).predict(test)
    offsets = [motion(90, ord("a"), "ann") - template("ann"), motion(40, ord("b"), "benny") - template("benny")]
    mean = np.concatenate(offsets).mean(axis=0)
    assert vertices.shape == (60, VERTICES, 3)
    assert vertices == pytest.approx(np.broadcast_to(template("ann") + mean, vertices.shape), abs=1e-5)


def test_the_rivals_are_fitted_on_what_can_be_heard(corpus: CapturedCorpus) -> None:
    def deaf_to_a(clip: Utterance) -> Rows:
        assert clip.utterance_id != "a"
        return features_of(clip)

    mean_pose, regression = fit_rivals(corpus, deaf_to_a, {"a"})
    assert (mean_pose.name, regression.name) == ("mean pose", "ridge regression")
    with pytest.raises(ConfigError, match="no clip of split 'val' has features"):
        fit_rivals(corpus, features_of, {"c"})
