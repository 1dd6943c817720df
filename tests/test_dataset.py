"""Clips of a split and batches of them: what is read, what is left out and why, and what is refused."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import torch

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.tables import KEY_FRAMES
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.dataset import Batch, ClipDataset, Heard
from kmtalk_model.experiment import Audio, Keys
from kmtalk_model.training.collate import Collate
from kmtalk_model.training.order import EpochOrder
from tests.made_capture import SHARD, template
from tests.training.made_experiment import EARS, FRAMES, SELECTED, SPLITS, corpus, motion_of, save_features

KEYS = Keys("asr", "aligner", "phoneme", train_on_fallback=True)
AUDIO = Audio(EARS, "interpolate", None)
TRAIN = [one for one, split in SPLITS.items() if split == "train"]


def dataset(found: CapturedCorpus, split: str = "train", *, with_fallback: bool = True) -> ClipDataset:
    return ClipDataset(found, Heard(found, KEYS, AUDIO), split, with_fallback=with_fallback)


def test_a_clip_is_what_was_cached(tmp_path: Path) -> None:
    clips = dataset(corpus(tmp_path))
    assert len(clips) == len(TRAIN)
    clip = clips[1]
    assert clip.utterance_id == "b"
    assert clip.fps == 25.0
    assert clip.features.shape == (26, 8)
    assert clip.features.dtype == clip.offsets.dtype == torch.float32
    assert clip.offsets.numpy() == pytest.approx(motion_of("b") - template("ann"), abs=1e-6)
    assert clip.key_frames.tolist() == [0, 4, 8, 12, 16, 20, 24, 25]
    assert clips.left_out == {}


def test_what_cannot_be_used_is_left_out_with_its_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = corpus(tmp_path, sources={"b": "failed"}, failed={"a": "a: has no motion"})
    heard = {one: np.ones((FRAMES[one], 8)) for one in FRAMES if one != "c"}
    save_features(found.results.folder / "features" / EARS, heard, "tone")
    with caplog.at_level(logging.WARNING):
        clips = dataset(found)
    assert clips.left_out == {"a": "a: has no motion", "b": "b: no keys", "c": "c: too loud"}
    assert [clip.utterance_id for clip in clips.clips] == ["d", "e"]
    assert "3 clips of split train are left out: a: has no motion" in caplog.text


@pytest.mark.parametrize("with_fallback", [True, False])
def test_what_could_not_be_aligned_is_taken_or_not(tmp_path: Path, with_fallback: bool) -> None:
    clips = dataset(corpus(tmp_path, sources={"d": "fallback"}), with_fallback=with_fallback)
    assert [clip.utterance_id for clip in clips.clips] == (TRAIN if with_fallback else ["a", "b", "c", "e"])
    assert clips.left_out == (
        {} if with_fallback else {"d": "could not be aligned, and the experiment takes no fallback"}
    )


def test_a_split_of_which_nothing_is_left_is_an_error(tmp_path: Path) -> None:
    found = corpus(tmp_path, sources=dict.fromkeys(SPLITS, "fallback"))
    with pytest.raises(ArtefactError, match=r"could not be aligned.*no clip of split 'train' can be used"):
        dataset(found, with_fallback=False)
    with pytest.raises(ConfigError, match="its splits are: train, val"):
        dataset(found, "testA")


@pytest.mark.parametrize("change", [{"n_frames": 19}, {"fps": 30.0}, {"key_frames": []}, {"utterance_id": "other"}])
def test_key_frames_of_another_motion_are_an_error(tmp_path: Path, change: dict[str, object]) -> None:
    found = corpus(tmp_path)
    path = found.results.folder / "keyframes" / SELECTED / f"{SHARD}.parquet"
    rows = KEY_FRAMES.read(path)
    KEY_FRAMES.write(path, [rows[0] | change, *rows[1:]])
    for with_fallback in (True, False):
        with pytest.raises(ArtefactError, match=r"a: has no key frames, or those of another length.*snakemake"):
            dataset(found, with_fallback=with_fallback)[0]


def test_artefacts_that_are_not_there_are_errors(tmp_path: Path) -> None:
    found = corpus(tmp_path)
    with pytest.raises(ArtefactError, match="features/other: holds no features"):
        Heard(found, KEYS, Audio("other", "interpolate", None))
    with pytest.raises(ArtefactError, match=r"asr\.aligner\.random.*is missing"):
        Heard(found, dataclasses.replace(KEYS, selector="random"), AUDIO)


def test_a_batch_is_clips_side_by_side(tmp_path: Path) -> None:
    clips = dataset(corpus(tmp_path))
    batch = Batch.of([clips[0], clips[1], clips[2]])
    assert batch.utterance_ids == ("a", "b", "c")
    assert batch.offsets.shape == (3, 26, 6, 3)
    assert batch.speech.frame_mask.sum(1).tolist() == [20, 26, 17]
    assert torch.equal(batch.offsets[2, :17], clips[2].offsets)
    assert not batch.offsets[2, 17:].any()
    assert batch.to("meta").offsets.device.type == "meta"
    whole = Collate(every_frame_a_key=True)([clips[0], clips[2]])
    assert torch.equal(whole.speech.key_mask, whole.speech.frame_mask)
    assert torch.equal(
        whole.speech.at_keys(whole.offsets)[whole.speech.key_mask], whole.offsets[whole.speech.frame_mask]
    )
    keys = Collate(every_frame_a_key=False)([clips[0], clips[2]])
    assert keys.speech.key_mask.sum(1).tolist() == [6, 5]
    assert keys.lip_target is None


def test_an_epoch_has_an_order_of_its_own_that_repeats() -> None:
    orders = []
    for epoch in (0, 1, 0):
        order = EpochOrder(50, seed=3)
        order.set_epoch(epoch)
        orders.append(list(order))
    assert orders[0] == orders[2] != orders[1]
    assert sorted(orders[1]) == list(range(50))
    assert list(EpochOrder(50, seed=4)) != orders[0]
