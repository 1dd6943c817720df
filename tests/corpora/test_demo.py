"""The embedded demo corpus is whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from kmtalk_align.corpora import corpus_config, demo
from kmtalk_align.corpora.demo import DemoCorpus
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import CorpusError


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


def test_it_has_no_motion(utterances: list[Utterance]) -> None:
    assert DemoCorpus("demo").open().vertex_count == 0
    assert all(one.motion is None for one in utterances)


def test_its_frame_rate_is_open() -> None:
    slow, fast = (DemoCorpus("demo", fps=fps).open().examine("slt_sentence01") for fps in (25.0, 50.0))
    assert fast.fps == 50.0
    assert fast.n_frames == pytest.approx(2 * slow.n_frames, abs=1)


def test_a_clone_without_it_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "DEMO_ROOT", tmp_path)
    with pytest.raises(CorpusError, match="holds no folder wav/"):
        DemoCorpus("demo").open()
