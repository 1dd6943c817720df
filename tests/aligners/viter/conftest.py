"""A model that is trained once, on the speech that comes with the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.aligners.viter.config import Training, ViterConfig
from kmtalk_align.aligners.viter.training import train
from kmtalk_align.audio import decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.text import spoken_words
from tests.workflow_build import demo_ids


@pytest.fixture(scope="session")
def demo_speech(demo_root: Path) -> list[Spoken]:
    """The 36 sentences of two synthetic voices."""

    def spoken(utterance_id: str) -> Spoken:
        text = (demo_root / "transcripts" / f"{utterance_id}.txt").read_text(encoding="utf-8")
        path = demo_root / "wav" / f"{utterance_id}.flac"
        utterance = Utterance(utterance_id, utterance_id.partition("_")[0], "train", path.name, language="en")
        return Spoken(utterance, spoken_words(text), lambda: decode(path))

    return [spoken(one) for one in demo_ids(36)]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, demo_speech: list[Spoken]) -> Path:
    """A model of two thirds of them."""
    path = tmp_path_factory.mktemp("viter") / "model.viter"
    train(learnt(demo_speech), ViterConfig(train=Training("reference")), path, threads=2)
    return path


def learnt(speech: list[Spoken]) -> list[Spoken]:
    """The sentences that the model learns from."""
    return [one for number, one in enumerate(speech) if number % 3]
