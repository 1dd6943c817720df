from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.aligners.pocketsphinx import Pocketsphinx, PocketsphinxConfig
from kmtalk_align.audio import SAMPLE_RATE, Samples, decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, PronunciationError
from kmtalk_align.text import spoken_words
from tests.phone_errors import phone_start_errors
from tests.workflow_build import demo_ids, demo_phones

UTTERANCE = Utterance("one", "s", "train", "one.wav", language="en")


@pytest.fixture(scope="module")
def aligner() -> Pocketsphinx:
    return PocketsphinxConfig().load()


def sound_of(demo_root: Path, utterance_id: str) -> tuple[Samples, list[str]]:
    text = (demo_root / "transcripts" / f"{utterance_id}.txt").read_text()
    return decode(demo_root / "wav" / f"{utterance_id}.flac"), spoken_words(text)


def aligned(aligner: Pocketsphinx, samples: Samples, words: list[str]) -> Alignment:
    return aligner.align(UTTERANCE, words, lambda: samples).alignment


def test_phone_starts_agree_with_exact_times_of_the_embedded_speech(aligner: Pocketsphinx, demo_root: Path) -> None:
    errors: list[float] = []
    for utterance_id in demo_ids(36):
        alignment = aligned(aligner, *sound_of(demo_root, utterance_id))
        errors += phone_start_errors(alignment, demo_phones(utterance_id))
    assert np.median(errors) <= 0.011
    assert np.mean(np.array(errors) <= 0.05) >= 0.97


def test_phone_starts_agree_with_exact_times_of_real_diphones(aligner: Pocketsphinx, shared_data: Path) -> None:
    errors: list[float] = []
    for path in sorted((shared_data / "speech" / "tts_exact").glob("*.wav")):
        rows = [line.split() for line in path.with_suffix(".phn").read_text().splitlines() if not line.startswith("#")]
        ends = [float(row[0]) for row in rows]
        exact = list(zip([0.0, *ends[:-1]], [row[2] for row in rows], strict=True))
        words = spoken_words(path.with_suffix(".txt").read_text())
        errors += phone_start_errors(aligned(aligner, decode(path), words), exact)
    assert len(errors) > 200
    assert np.median(errors) <= 0.011
    assert np.mean(np.array(errors) <= 0.05) >= 0.97


def test_an_utterance_aligns_the_same_whatever_came_before(aligner: Pocketsphinx, demo_root: Path) -> None:
    one, other = (sound_of(demo_root, utterance_id) for utterance_id in demo_ids(2))
    alone = aligned(PocketsphinxConfig().load(), *one)
    aligned(aligner, *other)
    assert aligned(aligner, *one) == alone


def test_every_word_has_its_phones_within_it(aligner: Pocketsphinx, demo_root: Path) -> None:
    samples, words = sound_of(demo_root, demo_ids(1)[0])
    alignment = aligned(aligner, samples, words)
    assert [word.label for word in alignment.words] == words
    for word in alignment.words:
        inside = [one for one in alignment.phones if word.start_s <= one.start_s and one.end_s <= word.end_s]
        assert inside
        assert inside[0].start_s == word.start_s
        assert inside[-1].end_s == word.end_s


def test_each_phone_has_a_score(aligner: Pocketsphinx, demo_root: Path) -> None:
    alignment = aligned(aligner, *sound_of(demo_root, demo_ids(1)[0]))
    assert all(phone.score is not None and phone.score < 0 for phone in alignment.phones)
    assert alignment.score is not None
    assert alignment.score > -40


def test_an_unknown_word_is_pronounced_by_guess_and_listed(aligner: Pocketsphinx, demo_root: Path) -> None:
    rare = next(one for one in demo_ids(36) if "zyxoform" in (demo_root / "transcripts" / f"{one}.txt").read_text())
    samples, words = sound_of(demo_root, rare)
    found = aligner.align(UTTERANCE, words, lambda: samples)
    assert found.unknown_words == ("zyxoform",)


def test_a_dictionary_goes_before_the_built_in_one(demo_root: Path, tmp_path: Path) -> None:
    samples, words = sound_of(demo_root, demo_ids(1)[0])
    (tmp_path / "own.dict").write_text(f"{words[0]} S IY1\n")
    own = PocketsphinxConfig(dictionary=str(tmp_path / "own.dict"), min_score=-1e9).load()
    alignment = aligned(own, samples, words)
    assert alignment.words[0].label == words[0]
    assert [phone.label for phone in alignment.phones[:2]] == ["S", "IY"]


def test_other_words_are_refused(aligner: Pocketsphinx, demo_root: Path) -> None:
    samples, _ = sound_of(demo_root, demo_ids(1)[0])
    other = ["purple", "elephants", "juggle", "seventeen", "quiet", "watermelons"]
    with pytest.raises(AlignmentError, match=r"one: the words do not fit|one: the words cannot be aligned"):
        aligned(aligner, samples, other)


def test_another_script_is_refused_by_name(aligner: Pocketsphinx, demo_root: Path) -> None:
    samples, _ = sound_of(demo_root, demo_ids(1)[0])
    with pytest.raises(PronunciationError, match="Cyrillic"):
        aligned(aligner, samples, ["привет"])


def test_silence_is_refused(aligner: Pocketsphinx) -> None:
    with pytest.raises(AlignmentError, match="silent"):
        aligned(aligner, np.zeros(SAMPLE_RATE, np.float32), ["hello"])


def test_another_language_is_refused_with_what_to_do(aligner: Pocketsphinx) -> None:
    french = Utterance("one", "s", "train", "one.wav", language="fr")
    with pytest.raises(AlignmentError, match=r"'fr'.*aligner mfa .*viter .*TextGrids .*docs/languages\.md"):
        aligner.align(french, ["bonjour"], lambda: np.ones(SAMPLE_RATE, np.float32))


def test_ten_minutes_align_as_their_parts_do(aligner: Pocketsphinx, demo_root: Path) -> None:
    parts = [sound_of(demo_root, utterance_id) for utterance_id in demo_ids(36)]
    parts = (parts * 5)[:160]
    pause = np.zeros(SAMPLE_RATE // 4, np.float32)
    samples = np.concatenate([piece for part, _ in parts for piece in (part, pause)])
    assert len(samples) > 600 * SAMPLE_RATE
    long = aligned(aligner, samples, [word for _, words in parts for word in words])
    expected: list[float] = []
    begin = 0.0
    for part, words in parts[:36]:
        expected += [begin + word.start_s for word in aligned(aligner, part, words).words]
        begin += (len(part) + len(pause)) / SAMPLE_RATE
    found = [word.start_s for word in long.words[: len(expected)]]
    assert np.mean(np.abs(np.array(found) - np.array(expected)) <= 0.05) >= 0.95
    assert long.words[-1].end_s > 600
