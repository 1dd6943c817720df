"""Training an aligner: who is learnt from, who is left out, and the same alignments each time."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.base import Spoken, align_one
from kmtalk_align.aligners.viter import training
from kmtalk_align.aligners.viter.config import ViterConfig
from kmtalk_align.audio import decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, KMTalkError
from kmtalk_align.shards import shard_names
from kmtalk_align.tables import CORPUS, TRANSCRIPTS
from kmtalk_align.text import spoken_words
from kmtalk_align.train_aligner import train_aligner
from tests.workflow_build import demo_ids

IDS = demo_ids(8)
pytestmark = pytest.mark.xdist_group("viter")


@pytest.fixture
def run(tmp_path: Path, demo_root: Path) -> Callable[..., dict[str, Any]]:
    """Trains on the first sentences of the demo, in two shards; gives what training.json says.

    splits: by utterance id, else `train`; failed: utterances without a transcript.
    """

    def trained(
        splits: dict[str, str] | None = None,
        failed: tuple[str, ...] = (),
        output: str = "out",
        threads: int = 1,
        ids: list[str] = IDS,
        **block: Any,
    ) -> dict[str, Any]:
        for place, name in enumerate(shard_names(2)):
            mine = ids[place::2]
            utterances = [
                Utterance(one, one[:3], (splits or {}).get(one, "train"), f"wav/{one}.flac", language="en")
                for one in mine
            ]
            CORPUS.write(tmp_path / "corpus" / f"{name}.parquet", map(dataclasses.asdict, utterances))
            rows = [
                {
                    "utterance_id": one,
                    "text": None,
                    "words": spoken_words((demo_root / "transcripts" / f"{one}.txt").read_text()),
                    "language": "en",
                    "status": "failed" if one in failed else "ok",
                    "message": f"{one}: nothing heard" if one in failed else "",
                    "model": "made up",
                }
                for one in mine
            ]
            TRANSCRIPTS.write(tmp_path / "said" / f"{name}.parquet", rows)
        config = aligner_config({"backend": "viter", "train": {"transcripts": "reference"}} | block)
        folders = (tmp_path / "corpus", tmp_path / "said")
        train_aligner(*folders, shard_names(2), config, demo_root, tmp_path / output, threads)
        found: dict[str, Any] = json.loads((tmp_path / output / "training.json").read_text())
        return found

    return trained


def test_two_trainings_align_alike(run: Callable[..., dict[str, Any]], tmp_path: Path, demo_root: Path) -> None:
    """Their files differ: viter writes two of its tables in the order of a hash."""
    said = run(failed=(IDS[0],))
    assert run(failed=(IDS[0],), output="again", threads=2) == said
    assert said["utterances"] == len(IDS) - 1
    assert said["left_out"] == {IDS[0]: f"{IDS[0]}: nothing heard"}
    assert said["unknown_words"] == []
    assert {"AH", "S", "sil"} <= set(said["phones"].split())
    one = Utterance(IDS[1], "s", "train", f"wav/{IDS[1]}.flac", language="en")
    words = spoken_words((demo_root / "transcripts" / f"{IDS[1]}.txt").read_text())
    spoken = Spoken(one, words, lambda: decode(demo_root / one.audio_path))
    models = [tmp_path / name / "model.viter" for name in ("out", "again")]
    first, second = (align_one(ViterConfig(model=str(model)).load(), spoken) for model in models)
    assert first == second
    assert Counter(models[0].read_bytes()) == Counter(models[1].read_bytes())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model.viter", "training.json"]


def test_only_the_named_splits_are_learnt_from(
    run: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[list[str]] = []
    monkeypatch.setattr(
        training,
        "train",
        lambda spoken, *_: (
            learnt.append([one.utterance.utterance_id for one in spoken]) or training.Trained(0, 0.0, {}, (), (), 0, ())
        ),
    )
    splits = {IDS[0]: "val", IDS[1]: "test"}
    run(splits)
    run(splits, train={"transcripts": "reference", "splits": ["val", "test"]})
    run(dict.fromkeys(IDS, "unassigned"))
    assert learnt == [sorted(IDS[2:]), sorted(IDS[:2]), sorted(IDS)]


def test_a_split_that_is_not_there_is_named(run: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match=r"no split 'tarin'; choose from: train, val"):
        run({IDS[0]: "val"}, train={"transcripts": "reference", "splits": ["tarin"]})


def test_too_little_speech_is_refused_and_leaves_nothing(run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(KMTalkError, match=r"4 utterances, .* s in all, are too little speech"):
        run(ids=IDS[:4])
    with pytest.raises(
        KMTalkError, match=r"too little speech .*; 6 were left out, the first: .*aligner's model speaks 'fr'"
    ):
        run(ids=IDS[:6], language="fr")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_what_is_not_trained_is_refused(run: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ConfigError, match="has no key train"):
        run(train=None, model="a.viter")
