"""Recognisers that listen: what they hear, and what of it they believe."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.asr import RECOGNISERS, recogniser_config
from kmtalk_align.asr.base import Heard, ListeningRecogniser
from kmtalk_align.asr.command import Command
from kmtalk_align.asr.reference import Reference, ReferenceOrHeard
from kmtalk_align.audio import Samples, decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AudioError, ConfigError, RecognitionError

RATE = 16_000
UTTERANCE = Utterance("ann_01", "ann", "train", "wav/ann_01.wav")
BELIEVED = Heard("hello", "en", 0.01, -0.3, 1.2)


class Recorder(ListeningRecogniser):
    """Keeps the windows it hears, and answers with what a test lays down; the last answer repeats."""

    model = "recorder"

    def __init__(self, *answers: Heard) -> None:
        self.answers = list(answers) or [BELIEVED]
        self.windows: list[Samples] = []

    def hear(self, window: Samples) -> Heard:
        self.windows.append(window)
        return self.answers[min(len(self.windows), len(self.answers)) - 1]


@pytest.fixture(scope="module")
def sentence(demo_root: Path) -> Samples:
    return decode(demo_root / "wav" / "slt_sentence01.flac")


@pytest.fixture(scope="module")
def long_speech(demo_root: Path) -> Samples:
    """About 45 s: twelve sentences with pauses of 0.8 s."""
    pause = np.zeros(round(0.8 * RATE), np.float32)
    sounds = [decode(demo_root / "wav" / f"slt_sentence{number:02d}.flac") for number in range(1, 13)]
    return np.concatenate([part for sound in sounds for part in (sound, pause)])


def heard(text: str = "hello", no_speech: float = 0.01, log_probability: float = -0.3, ratio: float = 1.2) -> Heard:
    return Heard(text, "en", no_speech, log_probability, ratio)


@pytest.mark.parametrize("seconds", [0, 1, 40])
def test_silence_is_an_error_and_the_model_is_not_asked(seconds: int) -> None:
    recogniser = Recorder()
    with pytest.raises(RecognitionError, match="ann_01: nobody speaks"):
        recogniser.transcribe(UTTERANCE, lambda: np.zeros(seconds * RATE, np.float32))
    assert recogniser.windows == []


def test_a_sentence_is_heard_once_and_whole(sentence: Samples) -> None:
    recogniser = Recorder(heard("  The quick boat. "))
    transcript = recogniser.transcribe(UTTERANCE, lambda: sentence)
    assert (transcript.text, transcript.language) == ("The quick boat.", "en")
    assert len(recogniser.windows) == 1
    np.testing.assert_array_equal(recogniser.windows[0], sentence)


def test_a_recording_beyond_30_s_is_heard_in_windows_of_at_most_30_s(long_speech: Samples) -> None:
    recogniser = Recorder(heard("one"), heard(" two "), heard("three"))
    transcript = recogniser.transcribe(UTTERANCE, lambda: long_speech)
    assert len(long_speech) > 30 * RATE
    assert all(len(window) <= 30 * RATE for window in recogniser.windows)
    assert len(recogniser.windows) > 1
    assert transcript.text == " ".join(("one", "two", "three")[: len(recogniser.windows)])


def test_a_model_that_was_trained_on_less_hears_shorter_windows(long_speech: Samples) -> None:
    class Brief(Recorder):
        window_s = 10.0

    recogniser = Brief()
    recogniser.transcribe(UTTERANCE, lambda: long_speech)
    assert max(len(window) for window in recogniser.windows) <= 10 * RATE
    energy = sum(float((window.astype(np.float64) ** 2).sum()) for window in recogniser.windows)
    assert energy == pytest.approx(float((long_speech.astype(np.float64) ** 2).sum()), rel=1e-3)


def test_windows_of_a_long_recording_hold_all_its_sound(long_speech: Samples) -> None:
    recogniser = Recorder()
    recogniser.transcribe(UTTERANCE, lambda: long_speech)
    energy = sum(float((window.astype(np.float64) ** 2).sum()) for window in recogniser.windows)
    assert energy == pytest.approx(float((long_speech.astype(np.float64) ** 2).sum()), rel=1e-3)


def test_the_error_of_a_recording_that_cannot_be_decoded_passes(tmp_path: Path) -> None:
    recogniser = Recorder()
    with pytest.raises(AudioError):
        recogniser.transcribe(UTTERANCE, lambda: decode(tmp_path / "missing.wav"))
    assert recogniser.windows == []


@pytest.mark.parametrize(
    ("one", "invented"),
    [
        (heard(), False),
        (heard(no_speech=0.9, log_probability=-1.5), True),
        (heard(no_speech=0.9, log_probability=-0.9), False),
        (heard(no_speech=0.5, log_probability=-1.5), False),
        (heard(ratio=2.5), True),
        (heard(ratio=2.4), False),
    ],
    ids=["trusted", "nobody spoke", "silent but sure", "unsure speech", "loop", "just no loop"],
)
def test_text_is_invented_where_nobody_spoke_or_it_loops(one: Heard, invented: bool) -> None:
    assert one.invented is invented


@pytest.mark.parametrize(
    "one",
    [heard("Thank you.", no_speech=0.9, log_probability=-1.5), heard("la la la la la", ratio=9.0), heard("  ")],
    ids=["nobody spoke", "loop", "blank"],
)
def test_text_that_is_not_believed_is_an_error_that_quotes_it(sentence: Samples, one: Heard) -> None:
    with pytest.raises(RecognitionError, match="ann_01: no text that the recogniser trusts") as caught:
        Recorder(one).transcribe(UTTERANCE, lambda: sentence)
    assert repr(one.text.strip()) in str(caught.value)
    assert f"no-speech probability {one.no_speech_probability:.2f}" in str(caught.value)


def test_an_invented_window_is_dropped_and_the_others_stay(long_speech: Samples) -> None:
    recogniser = Recorder(heard("Thank you.", no_speech=0.9, log_probability=-1.5), heard("two"))
    transcript = recogniser.transcribe(UTTERANCE, lambda: long_speech)
    assert transcript.text == " ".join(["two"] * (len(recogniser.windows) - 1))


def test_the_language_is_that_of_the_first_believed_window(long_speech: Samples) -> None:
    invented = dataclasses.replace(heard(ratio=9.0), language="cy")
    recogniser = Recorder(invented, dataclasses.replace(heard(), language="fr"))
    assert recogniser.transcribe(UTTERANCE, lambda: long_speech).language == "fr"


def no_sound() -> Samples:
    raise AssertionError("the recording was read")


def test_the_reference_gives_the_transcript_of_the_corpus_and_reads_no_sound() -> None:
    utterance = dataclasses.replace(UTTERANCE, transcript="Où est-il ?", language="fr")
    found = Reference().transcribe(utterance, no_sound)
    assert (found.text, found.language) == ("Où est-il ?", "fr")


def test_a_reference_without_transcript_is_an_error_that_says_where_to_put_one() -> None:
    with pytest.raises(RecognitionError, match=r"ann_01: the corpus has no transcript.*transcripts/ann_01\.txt"):
        Reference().transcribe(UTTERANCE, no_sound)


def given_or_heard(loaded: list[Recorder], *answers: Heard) -> ReferenceOrHeard:
    def load() -> Recorder:
        loaded.append(Recorder(*answers))
        return loaded[-1]

    return ReferenceOrHeard("recorder", load)


def test_a_transcript_goes_before_the_other_recogniser_which_is_not_even_loaded() -> None:
    loaded: list[Recorder] = []
    utterance = dataclasses.replace(UTTERANCE, transcript="the cat sat", language="en")
    found = given_or_heard(loaded).transcribe(utterance, no_sound)
    assert (found.text, found.model) == ("the cat sat", "reference")
    assert loaded == []


def test_an_utterance_without_transcript_is_heard_by_the_other_recogniser_loaded_once(sentence: Samples) -> None:
    loaded: list[Recorder] = []
    recogniser = given_or_heard(loaded, heard("one"), heard("two"))
    found = [recogniser.transcribe(UTTERANCE, lambda: sentence) for _ in range(2)]
    assert [(one.text, one.model) for one in found] == [("one", "recorder"), ("two", "recorder")]
    assert len(loaded) == 1
    assert recogniser.model == "reference, otherwise recorder"


def test_the_other_block_is_resolved_and_named() -> None:
    config = recogniser_config({"backend": "reference", "otherwise": {"backend": "faster_whisper"}})
    assert (config.otherwise["model"], config.otherwise["compute_type"]) == ("tiny.en", "int8")
    assert config.load().model == "reference, otherwise faster_whisper tiny.en"


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({"backend": "reference"}, "key otherwise: is the transcript of the corpus again"),
        ({"backend": "vosk"}, "no asr 'vosk'"),
        ({"backend": "whisper", "beam": 5}, "backend whisper: unknown key beam"),
    ],
)
def test_a_wrong_block_for_the_rest_is_an_error_at_once(otherwise: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        recogniser_config({"backend": "reference", "otherwise": otherwise})


def test_only_the_reference_does_not_listen() -> None:
    assert set(RECOGNISERS) == {"whisper", "faster_whisper", "auto_avsr", "wav2vec2", "command", "reference"}
    assert Reference.listens is False
    assert (ListeningRecogniser.listens, Command.listens) == (True, True)


def test_an_unknown_recogniser_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(
        ConfigError, match=r"no asr 'vosk'.*whisper, faster_whisper, auto_avsr, wav2vec2, command, reference"
    ):
        recogniser_config({"backend": "vosk"})


@pytest.mark.parametrize("backend", ["whisper", "faster_whisper", "auto_avsr", "wav2vec2", "command", "reference"])
def test_an_unknown_key_of_a_block_is_an_error_that_names_it(backend: str) -> None:
    with pytest.raises(ConfigError, match=f"backend {backend}: unknown key beam"):
        recogniser_config({"backend": backend, "beam": 5})
