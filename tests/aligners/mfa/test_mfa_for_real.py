"""The Montreal Forced Aligner itself on the speech that comes with the project, where it is installed.

MFA_COMMAND says how it is started (`mfa`); the models english_us_arpa, acoustic and dictionary, must be downloaded.
"""

from __future__ import annotations

import csv
import os
import shlex
from pathlib import Path

import pytest

from kmtalk_align.aligners.base import Aligned, Spoken
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.aligners.mfa.program import check_version
from kmtalk_align.audio import decode, measure
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError
from kmtalk_align.phones import phone_set
from kmtalk_align.text import spoken_words

pytestmark = pytest.mark.requires_mfa
COMMAND = tuple(shlex.split(os.environ.get("MFA_COMMAND", "mfa")))
MODEL = "english_us_arpa"


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    try:
        check_version(COMMAND, 300.0)
    except ConfigError as error:
        pytest.skip(f"needs the Montreal Forced Aligner: {error.what}")


def demo_speech(root: Path, utterance_id: str) -> Spoken:
    path = root / "wav" / f"{utterance_id}.flac"
    text = (root / "transcripts" / f"{utterance_id}.txt").read_text()
    subject = utterance_id.partition("_")[0]
    utterance = Utterance(utterance_id, subject, "", str(path), duration_s=measure(path).duration_s, language="en")
    return Spoken(utterance, spoken_words(text), lambda: decode(path))


@pytest.mark.parametrize("speaker_adaptation", [True, False])
def test_demo_speech_is_aligned(demo_root: Path, speaker_adaptation: bool) -> None:
    config = MfaConfig(
        command=COMMAND, dictionary=MODEL, acoustic_model=MODEL, speaker_adaptation=speaker_adaptation, timeout_s=1200.0
    )
    ids = [f"{subject}_sentence{number:02d}" for subject in ("kal", "slt") for number in (1, 2, 3)]
    said = [demo_speech(demo_root, one) for one in ids]
    errors = []
    for one, outcome in zip(said, config.load().align_set(said), strict=True):
        assert isinstance(outcome, Aligned), outcome
        alignment = outcome.alignment
        assert phone_set(phone.label for phone in alignment.phones) == "arpabet"
        with (demo_root / "words" / f"{one.utterance.utterance_id}.csv").open(newline="") as file:
            truth = [float(row["start_s"]) for row in csv.DictReader(file)]
        if len(truth) == len(alignment.words):
            errors += [abs(word.start_s - at) for word, at in zip(alignment.words, truth, strict=True)]
    assert errors
    assert sorted(errors)[len(errors) // 2] < 0.05
