"""The embedded demo corpus is whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora import corpus_config, demo
from kmtalk_align.corpora.demo import DemoCorpus
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, CorpusError
from kmtalk_align.frames import frame_of


@pytest.fixture(scope="module")
def utterances() -> list[Utterance]:
    corpus = corpus_config({"name": "demo", "type": "demo"}).open()
    return [corpus.examine(one) for one in corpus.utterance_ids]


def test_all_36_sentences_are_well(utterances: list[Utterance]) -> None:
    assert {one.utterance_id: one.message for one in utterances if one.status != "ok"} == {}
    assert Counter(one.subject for one in utterances) == {"slt": 24, "kal": 12}


def test_the_splits_are_those_of_splits_json(utterances: list[Utterance], demo_root: Path) -> None:
    assert Counter(one.split for one in utterances) == {"train": 24, "val": 6, "test": 6}
    splits = json.loads((demo_root / "splits.json").read_text())
    assert all(one.utterance_id in splits[one.split] for one in utterances)


def test_each_sentence_has_its_transcript(utterances: list[Utterance], demo_root: Path) -> None:
    lines = (demo_root / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sentences = {line.split("\t")[0]: line.split("\t")[1] for line in lines}
    assert {one.utterance_id: one.transcript for one in utterances} == sentences


def test_it_holds_132_seconds_of_speech_at_16_khz(utterances: list[Utterance]) -> None:
    assert sum(one.duration_s for one in utterances) == pytest.approx(132.0, abs=0.5)
    assert {one.sample_rate for one in utterances} == {16_000}


def test_each_sentence_has_motion_as_long_as_its_sound(utterances: list[Utterance]) -> None:
    assert all(one.motion and one.motion.rows == one.n_frames for one in utterances)
    assert all(one.n_frames == frame_of(one.duration_s, 25.0) for one in utterances)


def test_its_mesh_is_whole() -> None:
    corpus = DemoCorpus("demo").open()
    assert corpus.unit == "metre"
    assert set(corpus.templates) == {"slt", "kal"}
    assert corpus.faces is not None
    assert len(np.unique(corpus.faces)) == corpus.vertex_count
    assert {"lips", "upper_face", "lower_face", "mouth_interior"} <= set(corpus.regions)
    assert not set(corpus.regions["lips"]) & set(corpus.regions["mouth_interior"])
    assert corpus.mouth_opening is not None
    assert set(corpus.mouth_opening) <= set(corpus.regions["lips"])


def test_it_says_that_it_is_synthetic() -> None:
    corpus = DemoCorpus("demo").open()
    assert "Synthetic" in corpus.description
    assert "Synthetic" in corpus.summary()["description"]
    assert "Synthetic" in (corpus.root / "README.md").read_text(encoding="utf-8")


def test_its_frame_rate_is_open() -> None:
    slow, fast = (DemoCorpus("demo", fps=fps).open().examine("slt_sentence01") for fps in (5.0, 10.0))
    assert fast.fps == 10.0
    assert fast.n_frames == pytest.approx(2 * slow.n_frames, abs=1)


@pytest.mark.parametrize("fps", [0.0, -25.0, float("nan"), float("inf")])
def test_a_frame_rate_that_is_none_is_an_error(fps: float) -> None:
    with pytest.raises(ConfigError, match="fps is"):
        DemoCorpus("demo", fps=fps).open()


def test_a_clone_without_it_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "DEMO_ROOT", tmp_path)
    with pytest.raises(CorpusError, match="holds no folder wav/"):
        DemoCorpus("demo").open()
