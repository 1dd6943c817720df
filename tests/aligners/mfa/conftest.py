"""Fixtures of the tests of the aligner `mfa`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_align.corpus import Utterance

FAKE = Path(__file__).with_name("fake_mfa.py")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MfaConfig]:
    """Makes the config of the stand-in for MFA, by its behaviour, over an empty root."""
    monkeypatch.setenv("FAKE_MFA_LOG", str(tmp_path / "called.jsonl"))
    monkeypatch.setenv("FAKE_MFA_CHILD", str(tmp_path / "child.pid"))
    monkeypatch.setenv("MFA_ROOT_DIR", str(tmp_path / "users"))

    def make(behaviour: str = "long", **settings: Any) -> MfaConfig:
        return MfaConfig(command=(sys.executable, str(FAKE), behaviour), **settings)

    return make


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """Gives what the stand-in was called with, `version` left out."""

    def read() -> list[dict[str, Any]]:
        lines = (tmp_path / "called.jsonl").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call["command"] == "align"]

    return read


@pytest.fixture
def speak() -> Callable[..., Spoken]:
    """Makes an utterance that sounds like a tone."""

    def make(utterance_id: str, words: str, *, subject: str = "ann", seconds: float = 2.0) -> Spoken:
        tone = (0.3 * np.sin(np.arange(round(seconds * SAMPLE_RATE)) * 0.1)).astype(np.float32)
        utterance = Utterance(utterance_id, subject, "train", "a.wav", duration_s=seconds)
        return Spoken(utterance, words.split(), lambda: tone)

    return make
