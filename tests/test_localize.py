from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.errors import AlignmentError, AudioError, ConfigError
from kmtalk_align.frames import frame_of
from kmtalk_align.localize import Localized, localize
from kmtalk_align.selectors import PhonemeSelector
from kmtalk_align.textgrid import write_textgrid

ASR = {"backend": "faster_whisper", "model": "tiny.en"}
ALIGNER = {"backend": "pocketsphinx"}


def run(
    audio: Path,
    fps: float = 25.0,
    transcript: str | None = None,
    textgrid: Path | None = None,
    asr: dict[str, Any] = ASR,
) -> Localized:
    selector = PhonemeSelector(anchor_ends=False)
    return localize(
        audio, asr=asr, aligner=ALIGNER, selector=selector, fps=fps, transcript=transcript, textgrid=textgrid
    )


@pytest.fixture(scope="module")
def audio(demo_root: Path) -> Path:
    return demo_root / "wav" / "slt_sentence01.flac"


@pytest.fixture(scope="module")
def transcript(demo_root: Path) -> str:
    return (demo_root / "transcripts" / "slt_sentence01.txt").read_text()


def test_key_frames_are_the_phone_boundaries(audio: Path, transcript: str) -> None:
    found = run(audio, fps=30, transcript=transcript)
    times = [time for phone in found.alignment.spoken_phones for time in (phone.start_s, phone.end_s)]
    expected = sorted({min(frame_of(time, 30), found.key_frames.n_frames - 1) for time in times})
    assert list(found.key_frames.indices) == expected
    assert found.key_frames.source == "phoneme"


def test_what_is_recognised_gives_nearly_the_same_key_frames(audio: Path, transcript: str) -> None:
    heard, given = run(audio), run(audio, transcript=transcript)
    same = set(heard.key_frames.indices) & set(given.key_frames.indices)
    assert len(same) >= 0.8 * len(given.key_frames.indices)


def test_a_written_textgrid_gives_the_same_key_frames_back(audio: Path, transcript: str, tmp_path: Path) -> None:
    made = run(audio, transcript=transcript)
    write_textgrid(tmp_path / "a.TextGrid", made.alignment)
    again = run(audio, textgrid=tmp_path / "a.TextGrid")
    assert again.key_frames == made.key_frames
    assert again.transcript is None


def test_the_result_is_plain_json(audio: Path, transcript: str) -> None:
    values = json.loads(json.dumps(run(audio, transcript=transcript).as_json()))
    assert values["n_frames"] == round(values["duration_s"] * 25)
    assert values["key_ratio"] == pytest.approx(len(values["key_frames"]) / values["n_frames"], abs=1e-4)
    assert all(phone["score"] < 0 for phone in values["phones"])


def test_an_empty_transcript_is_refused(audio: Path) -> None:
    with pytest.raises(AlignmentError, match="no word"):
        run(audio, transcript=" ... ")


def test_a_missing_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        run(tmp_path / "none.wav")


FRENCH = ASR | {"model": "base", "language": "fr"}


@pytest.mark.parametrize("asr", [FRENCH, {"backend": "reference", "otherwise": FRENCH}])
def test_a_transcript_is_in_the_language_of_the_recogniser(audio: Path, asr: dict[str, Any]) -> None:
    with pytest.raises(AlignmentError, match=r"its language is 'fr'.*docs/languages\.md"):
        run(audio, transcript="et c'est la dictée", asr=asr)


def test_the_language_of_a_transcript_cannot_be_detected(audio: Path) -> None:
    with pytest.raises(ConfigError, match=r"asr block, language.*name it"):
        run(audio, transcript="et c'est la dictée", asr=FRENCH | {"language": "detect"})


def test_a_textgrid_is_read_whatever_the_language(audio: Path, transcript: str, tmp_path: Path) -> None:
    write_textgrid(tmp_path / "a.TextGrid", run(audio, transcript=transcript).alignment)
    assert run(audio, textgrid=tmp_path / "a.TextGrid", asr=FRENCH | {"language": "detect"}).key_frames.indices


@pytest.mark.parametrize("name", ["multilingual/english.wav", "jfk/jfk.flac", "librispeech_clips/198-209-0000.ogg"])
def test_real_speech_localizes(shared_data: Path, name: str) -> None:
    found = run(shared_data / "speech" / name)
    assert found.key_frames.source == "phoneme"
    assert 0.1 < found.key_frames.ratio < 0.9


def test_the_sound_of_a_video_localizes(shared_data: Path) -> None:
    found = run(shared_data / "grid_raw" / "s1" / "video" / "bbaf4p.mpg", transcript="bin blue at f four please")
    assert [word.label for word in found.alignment.words] == ["bin", "blue", "at", "f", "four", "please"]
