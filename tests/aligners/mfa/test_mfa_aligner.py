"""The aligner `mfa` against a stand-in for the program."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from kmtalk_align.aligners.base import Aligned, Spoken, align_one
from kmtalk_align.aligners.mfa.aligner import Mfa
from kmtalk_align.aligners.mfa.config import MfaConfig
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, AudioError, ConfigError, TextGridError
from kmtalk_align.localize import localize
from kmtalk_align.selectors import PhonemeSelector

Make = Callable[..., MfaConfig]
Calls = Callable[[], list[dict[str, Any]]]
Speak = Callable[..., Spoken]


def outcomes(config: MfaConfig, spoken: Sequence[Spoken]) -> list[Aligned | Exception]:
    return list(config.load().align_set(spoken))


def aligned(outcome: Aligned | Exception) -> Aligned:
    assert isinstance(outcome, Aligned), outcome
    return outcome


@pytest.mark.parametrize("shape", ["long", "short", "speaker"])
def test_each_shape_of_textgrid_gives_words_and_clean_phones(fake: Make, speak: Speak, shape: str) -> None:
    (found,) = outcomes(fake(shape), [speak("u1", "we zzyx on")])
    alignment = aligned(found).alignment
    assert [one.label for one in alignment.words] == ["we", "zzyx", "on"]
    assert [one.label for one in alignment.phones] == ["W", "E", "spn", "O", "N"]
    assert aligned(found).unknown_words == ("zzyx",)
    assert alignment.duration_s == pytest.approx(2.0)
    assert alignment.words[0].start_s == pytest.approx(0.2)
    assert alignment.phones[-1].end_s == pytest.approx(1.8)
    assert alignment.score is None


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, True),
        ({"acoustic_model": "english_us_arpa"}, True),
        ({"acoustic_model": "french_mfa"}, False),
        ({"acoustic_model": "french_mfa", "language": "fr"}, False),
        ({"acoustic_model": "german_mfa", "language": "de"}, True),
        ({"acoustic_model": "/models/mine.zip"}, False),
    ],
)
def test_speech_of_another_language_than_the_models_is_refused(
    fake: Make, speak: Speak, settings: dict[str, str], refused: bool
) -> None:
    french = speak("u1", "bonjour")
    french = replace(french, utterance=replace(french.utterance, language="fr"))
    (found,) = outcomes(fake(**settings), [french])
    assert isinstance(found, AlignmentError) == refused, found
    if refused:
        assert "its language is 'fr'" in str(found)


def test_the_outcomes_come_in_order_whatever_the_subjects(fake: Make, speak: Speak) -> None:
    said = [speak("u1", "one", subject="ben"), speak("u2", "two"), speak("u3", "three", subject="ben")]
    found = outcomes(fake(), said)
    assert [aligned(one).alignment.words[0].label for one in found] == ["one", "two", "three"]


def test_subjects_are_folders_and_names_are_numbers(fake: Make, calls: Calls, speak: Speak) -> None:
    odd = ["ein Satz.1/2", "../up", "日本" * 80]
    outcomes(fake(), [speak(odd[0], "a"), speak(odd[1], "b", subject="../x"), speak(odd[2], "c")])
    (call,) = calls()
    assert {path: text for path, text in call["corpus"].items() if text} == {
        "s000001/u000000.lab": "a\n",
        "s000000/u000001.lab": "b\n",
        "s000001/u000002.lab": "c\n",
    }


def test_without_adaptation_each_utterance_is_a_speaker(fake: Make, calls: Calls, speak: Speak) -> None:
    outcomes(fake(speaker_adaptation=False), [speak("u1", "a"), speak("u2", "b")])
    (call,) = calls()
    assert sorted(path for path in call["corpus"] if path.endswith(".wav")) == [
        "s000000/u000000.wav",
        "s000001/u000001.wav",
    ]


def test_an_utterance_without_a_textgrid_fails_alone(fake: Make, speak: Speak) -> None:
    good, bad = outcomes(fake(), [speak("u1", "fine"), speak("u2", "mumble")])
    assert isinstance(good, Aligned)
    assert isinstance(bad, AlignmentError)
    assert "u2: MFA gave no TextGrid" in str(bad)
    assert "raise retry_beam (it is 40)" in str(bad)


def test_success_without_any_output_fails_every_utterance(fake: Make, speak: Speak) -> None:
    found = outcomes(fake("nothing"), [speak("u1", "a"), speak("u2", "b")])
    assert [str(one).partition(":")[0] for one in found] == ["u1", "u2"]
    assert all("MFA gave no TextGrid" in str(one) for one in found)


def test_exit_status_1_fails_every_utterance_with_the_end_of_what_mfa_said(
    fake: Make, speak: Speak, caplog: pytest.LogCaptureFixture
) -> None:
    found = outcomes(fake("crash"), [speak("u1", "a"), speak("u2", "b")])
    assert all(isinstance(one, AlignmentError) for one in found)
    assert "exit status 1: NoAlignmentsError: | There were no successful alignments" in str(found[1])
    assert "NoAlignmentsError" in caplog.text


def test_exit_status_2_is_an_error_of_the_config(fake: Make, speak: Speak) -> None:
    with pytest.raises(ConfigError, match=r"MFA refused its arguments: .*Missing argument 'OUTPUT_DIRECTORY'"):
        outcomes(fake("usage"), [speak("u1", "a")])


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [("garbage", "u1: MFA's TextGrid is not a readable TextGrid"), ("other", "u1: MFA's TextGrid its phones end at 9")],
)
def test_a_textgrid_that_cannot_be_of_the_recording_fails_its_utterance(
    fake: Make, speak: Speak, behaviour: str, message: str
) -> None:
    (found,) = outcomes(fake(behaviour), [speak("u1", "a good word")])
    assert isinstance(found, TextGridError)
    assert message in str(found)


def test_a_hang_ends_at_the_time_limit_and_its_children_with_it(
    fake: Make, speak: Speak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmtalk_align.process._GRACE_S", 0.3)
    begin = time.monotonic()
    (found,) = Mfa(fake("hang", timeout_s=1.5)).align_set([speak("u1", "a")])
    assert time.monotonic() - begin < 15
    assert isinstance(found, AlignmentError)
    assert "MFA was ended after 1.5 s" in str(found)
    child = int((tmp_path / "child.pid").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("behaviour", ["long", "crash", "usage", "garbage"])
def test_nothing_is_left_behind(
    fake: Make, speak: Speak, behaviour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    try:
        outcomes(fake(behaviour), [speak("u1", "a")])
    except ConfigError:
        assert behaviour == "usage"
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [("four", "is 4.0.0, and 3.4 or later under 4"), ("old", "is 3.3.9"), ("nameless", "names no version: 'None'")],
)
def test_another_version_is_refused_before_any_work(fake: Make, calls: Calls, behaviour: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fake(behaviour).load()
    assert message in str(caught.value)
    assert "conda create -n mfa -c conda-forge 'montreal-forced-aligner>=3.4,<4'" in str(caught.value)
    assert calls() == []


def test_a_program_that_is_not_there_is_an_error_that_says_how_to_install_it() -> None:
    with pytest.raises(ConfigError, match=r"no-such-mfa version: cannot be started .* conda create"):
        MfaConfig(command=("no-such-mfa",)).load()


def test_each_run_has_a_root_of_its_own_that_shows_the_downloaded_models(
    fake: Make, calls: Calls, speak: Speak, tmp_path: Path
) -> None:
    users = tmp_path / "users" / "pretrained_models" / "acoustic"
    users.mkdir(parents=True)
    (users / "english_mfa.zip").write_bytes(b"model")
    outcomes(fake(), [speak("u1", "a")])
    other = tmp_path / "elsewhere" / "pretrained_models" / "dictionary"
    other.mkdir(parents=True)
    (other / "mine.dict").write_text("a AH")
    outcomes(fake(root_dir=str(tmp_path / "elsewhere")), [speak("u1", "a")])
    first, second = calls()
    assert (first["models"], second["models"]) == (["english_mfa.zip"], ["mine.dict"])
    assert len({first["root"], second["root"], str(tmp_path / "users"), str(tmp_path / "elsewhere")}) == 4
    assert [path.name for path in users.iterdir()] == ["english_mfa.zip"]


def test_a_root_that_is_not_there_is_an_error(fake: Make) -> None:
    with pytest.raises(ConfigError, match=r"root_dir /none/such: there is no such folder"):
        fake(root_dir="/none/such").load()


def broken() -> Samples:
    raise AudioError("cannot be decoded", where="wav/u2.wav")


def test_a_recording_that_cannot_be_used_does_not_reach_mfa(fake: Make, calls: Calls, speak: Speak) -> None:
    silent = Spoken(Utterance("u3", "ann", "", "c.wav"), ["c"], lambda: np.zeros(16_000, np.float32))
    said = [speak("u1", "a"), Spoken(Utterance("u2", "ann", "", "b.wav"), ["b"], broken), silent]
    found = outcomes(fake(), said)
    assert isinstance(found[0], Aligned)
    assert str(found[1]) == "wav/u2.wav: cannot be decoded"
    assert "u3: the recording is silent" in str(found[2])
    (call,) = calls()
    assert [path for path in call["corpus"] if path.endswith(".wav")] == ["s000000/u000000.wav"]


def test_where_nothing_can_be_used_mfa_is_not_called(fake: Make, calls: Calls) -> None:
    outcomes(fake(), [])
    outcomes(fake(), [Spoken(Utterance("u2", "ann", "", "b.wav"), ["b"], broken)])
    assert calls() == []


def test_one_utterance_is_a_set_too(fake: Make, speak: Speak) -> None:
    aligner = fake().load()
    assert align_one(aligner, speak("u1", "hello", subject="")).alignment.words[0].label == "hello"
    with pytest.raises(AlignmentError, match="u2: MFA gave no TextGrid"):
        align_one(aligner, speak("u2", "mumble"))


def test_what_a_row_says_names_no_folder_that_differs_from_run_to_run(fake: Make, speak: Speak) -> None:
    for behaviour in ("garbage", "crash", "nothing"):
        first, second = (str(outcomes(fake(behaviour), [speak("u1", "a b")])[0]) for _ in range(2))
        assert first == second
        assert os.sep + "kmtalk-mfa" not in first


def test_one_recording_localizes(fake: Make, demo_root: Path) -> None:
    found = localize(
        demo_root / "wav" / "kal_sentence01.flac",
        asr={"backend": "reference"},
        aligner={"backend": "mfa", "command": list(fake().command)},
        selector=PhonemeSelector(),
        transcript="We say zzyx.",
    )
    assert [word.label for word in found.alignment.words] == ["we", "say", "zzyx"]
    assert found.unknown_words == ("zzyx",)
    assert found.key_frames.source == "phoneme"
