"""Alignments of viter: agreement with exact times, and each way that an utterance can fail."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.aligners.base import Aligned, Spoken, align_one
from kmtalk_align.aligners.viter import program
from kmtalk_align.aligners.viter.aligner import Viter
from kmtalk_align.aligners.viter.config import ViterConfig
from kmtalk_align.audio import SAMPLE_RATE, Samples, decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError
from kmtalk_align.phones import is_silence, phone_set
from kmtalk_align.process import Ended
from kmtalk_align.text import spoken_words
from tests.phone_errors import phone_start_errors
from tests.workflow_build import demo_phones

pytestmark = pytest.mark.xdist_group("viter")


@pytest.fixture(scope="module")
def aligner(model: Path) -> Viter:
    return ViterConfig(model=str(model)).load()


@pytest.fixture(scope="module")
def aligned(aligner: Viter, demo_speech: list[Spoken]) -> list[Aligned]:
    """All sentences of the demo, aligned together."""
    outcomes = list(aligner.align_set(demo_speech))
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    return [one for one in outcomes if isinstance(one, Aligned)]


def changed(spoken: Spoken, words: Sequence[str] | None = None, sound: Samples | None = None, **more: Any) -> Spoken:
    utterance = dataclasses.replace(spoken.utterance, **more)
    return Spoken(utterance, spoken.words if words is None else words, spoken.sound if sound is None else lambda: sound)


def failure(aligner: Viter, spoken: Spoken) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011  what kind it is, the message says
        align_one(aligner, spoken)
    return str(caught.value)


def test_phone_starts_agree_with_exact_times(aligned: list[Aligned], demo_speech: list[Spoken]) -> None:
    errors = [
        error
        for found, spoken in zip(aligned, demo_speech, strict=True)
        for error in phone_start_errors(found.alignment, demo_phones(spoken.utterance.utterance_id))
    ]
    assert np.median(errors) <= 0.016
    assert np.mean(np.array(errors) <= 0.05) >= 0.85


def test_labels_are_clean_and_words_hold_their_phones(aligned: list[Aligned], demo_speech: list[Spoken]) -> None:
    for found, spoken in zip(aligned, demo_speech, strict=True):
        alignment = found.alignment
        assert [word.label for word in alignment.words] == list(spoken.words)
        assert phone_set(one.label for one in alignment.phones) == "arpabet"
        assert not any(is_silence(one.label) for one in alignment.phones)
        assert alignment.phones[-1].end_s <= alignment.duration_s
        for word in alignment.words:
            assert any(word.start_s <= one.start_s and one.end_s <= word.end_s for one in alignment.phones)


def test_guessed_words_are_named(aligned: list[Aligned], demo_speech: list[Spoken]) -> None:
    named = {word for found in aligned for word in found.unknown_words}
    assert named == {"kubernetes", "zyxoform"}
    for found, spoken in zip(aligned, demo_speech, strict=True):
        assert set(found.unknown_words) == named & set(spoken.words)


def test_an_utterance_aligns_the_same_whoever_is_beside_it(
    aligner: Viter, aligned: list[Aligned], demo_speech: list[Spoken]
) -> None:
    assert align_one(aligner, demo_speech[3]) == aligned[3]


def test_one_that_fails_leaves_the_others_alone(
    aligner: Viter, aligned: list[Aligned], demo_speech: list[Spoken]
) -> None:
    one, other = demo_speech[:2]
    hasty = changed(one, sound=one.sound()[: SAMPLE_RATE // 2])
    found = list(aligner.align_set([one, hasty, other]))
    assert found[0] == aligned[0]
    assert isinstance(found[1], AlignmentError)
    assert found[2] == aligned[1]


def test_a_recording_that_is_too_short_for_its_words_is_refused(aligner: Viter, demo_speech: list[Spoken]) -> None:
    one = demo_speech[0]
    name = one.utterance.utterance_id
    said = failure(aligner, changed(one, sound=one.sound()[: SAMPLE_RATE // 10]))
    assert said.startswith(f"{name}: lasts 0.10 s, too short for its {len(one.words)} words")
    # No frame at all, at which viter ends the process.
    assert "too short" in failure(aligner, changed(one, ["a"], one.sound()[3000:3010]))


def test_silence_no_words_and_another_language_are_refused(aligner: Viter, demo_speech: list[Spoken]) -> None:
    one = demo_speech[0]
    assert "silent" in failure(aligner, changed(one, sound=np.zeros(SAMPLE_RATE, np.float32)))
    assert "has no words" in failure(aligner, changed(one, []))
    assert "its language is 'fr', and the aligner's model speaks 'en' alone" in failure(
        aligner, changed(one, language="fr")
    )
    assert "Cyrillic" in failure(aligner, changed(one, ["привет"]))


def test_words_that_are_far_from_the_sound_are_not_found(aligner: Viter, demo_speech: list[Spoken]) -> None:
    one = demo_speech[0]
    long = ["extraordinary", "representatives", "characteristically"] * 5
    said = failure(aligner, changed(one, long, one.sound()[: 2 * SAMPLE_RATE]))
    assert said.startswith(f"{one.utterance.utterance_id}: viter did not find the words in the sound")
    assert "raise retry_beam (it is 20)" in said


def test_unknown_words_of_another_phone_set_are_spoken_noise_and_named(
    tmp_path: Path, model: Path, demo_speech: list[Spoken]
) -> None:
    """A dictionary that is not ARPABET, since it has a phone of its own; the model has all others."""
    one = demo_speech[0]
    own = ViterConfig(model=str(model)).lexicon()
    lines = [f"{word} {' '.join(own.pronounce(word)[0].phones)}\n" for word in set(one.words) - {one.words[1]}]
    (tmp_path / "own.dict").write_text("".join(lines) + "mmh ʔ\n", encoding="utf-8")
    aligner = ViterConfig(model=str(model), dictionary=str(tmp_path / "own.dict")).load()
    found = align_one(aligner, one)
    assert found.unknown_words == (one.words[1],)
    assert [word.label for word in found.alignment.words] == list(one.words)
    assert [phone.label for phone in found.alignment.phones].count("spn") == one.words.count(one.words[1])
    assert "none of its words can be pronounced" in failure(aligner, changed(one, ["mmh", "zzz"]))


def test_a_run_that_breaks_off_is_taken_up_one_by_one(
    aligner: Viter, aligned: list[Aligned], demo_speech: list[Spoken], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where viter meets a recording that it did not foresee."""
    call = program.call

    def breaks_off(arguments: Sequence[str], timeout_s: float, threads: int = 1) -> Ended:
        alone = len(list(Path(arguments[1]).rglob("*.wav"))) == 1
        refused = list(Path(arguments[1]).rglob("u000001.wav"))
        return call(arguments, timeout_s, threads) if alone and not refused else Ended(-6, "panicked at features.rs")

    monkeypatch.setattr(program, "call", breaks_off)
    found = list(aligner.align_set(demo_speech[:3]))
    assert (found[0], found[2]) == (aligned[0], aligned[2])
    name = demo_speech[1].utterance.utterance_id
    assert str(found[1]).startswith(f"{name}: viter failed (signal 6): panicked at features.rs; replace it")


def test_a_run_that_takes_too_long_is_ended(model: Path, demo_speech: list[Spoken]) -> None:
    loaded = ViterConfig(model=str(model)).load()
    hasty = Viter(ViterConfig(model=str(model), timeout_s=0.001), model, loaded._lexicon)
    assert "it took too long; raise timeout_s" in failure(hasty, demo_speech[0])


def test_an_mfa_model_aligns_real_speech(tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy: that it is read, and that labels are its own, is all that can be asked of it."""
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path))
    folder = shared_data / "mfa"
    config = ViterConfig(
        acoustic_model=str(folder / "acoustic_g2p_output_model.zip"),
        dictionary=str(folder / "english_us_mfa.dict"),
        retry_beam=40.0,
    )
    path = next(iter(sorted((folder / "wav").glob("*.wav"))))
    words = spoken_words(path.with_suffix(".lab").read_text(encoding="utf-8"))
    utterance = Utterance(path.stem, "s", "train", path.name)
    found = align_one(config.load(), Spoken(utterance, [*words, "zyxoform"], lambda: decode(path)))
    assert [word.label for word in found.alignment.words] == [*words, "zyxoform"]
    assert "zyxoform" in found.unknown_words
    labels = {phone.label for phone in found.alignment.phones}
    assert "spn" in labels
    assert not any(label.endswith(("_B", "_I", "_E", "_S")) for label in labels)
    assert len(labels) > 20
