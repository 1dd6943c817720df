"""The two Whispers understand speech, say the same each time, and name what they are."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.base import ListeningRecogniser
from kmtalk_align.asr.ctranslate2 import to_openai_checkpoint
from kmtalk_align.asr.offline_weights import extra_folder
from kmtalk_align.audio import decode
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, KMTalkError, RecognitionError
from kmtalk_align.text import spoken_words

BACKENDS = pytest.mark.parametrize("backend", ["whisper", "faster_whisper"])
ONE_GROUP = pytest.mark.xdist_group("whisper")
UTTERANCE = Utterance("slt_sentence02", "slt", "train", "wav/slt_sentence02.flac")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """tiny.en's weights by backend, from the extra, so that nothing is fetched."""
    folder = extra_folder("tiny.en")
    assert folder is not None, "make test installs the extra offline-weights"
    checkpoint = tmp_path_factory.mktemp("whisper") / "tiny.en.pt"
    checkpoint.write_bytes(to_openai_checkpoint(folder / "model.bin"))
    return {"whisper": checkpoint, "faster_whisper": folder}


@pytest.fixture(scope="module")
def load(models: dict[str, Path]) -> Callable[..., Any]:
    """Loads a recogniser on tiny.en, each kind once."""
    loaded: dict[tuple[str, str], Any] = {}

    def get(backend: str, language: str = "en") -> Any:
        if (backend, language) not in loaded:
            block = {"backend": backend, "model": str(models[backend]), "language": language}
            loaded[backend, language] = recogniser_config(block).load(1)
        return loaded[backend, language]

    return get


@pytest.fixture(scope="module")
def first_text(load: Callable[..., Any], demo_root: Path) -> Callable[[str], str]:
    """What a recogniser makes of the sentence when it first hears it."""
    heard: dict[str, str] = {}

    def get(backend: str) -> str:
        if backend not in heard:
            heard[backend] = text_of(load(backend), demo_root / UTTERANCE.audio_path)
        return heard[backend]

    return get


def text_of(recogniser: ListeningRecogniser, path: Path) -> str:
    return recogniser.transcribe(UTTERANCE, lambda: decode(path)).text


@ONE_GROUP
@BACKENDS
def test_a_sentence_is_understood(first_text: Callable[[str], str], demo_root: Path, backend: str) -> None:
    given = (demo_root / "transcripts" / "slt_sentence02.txt").read_text(encoding="utf-8")
    assert SequenceMatcher(None, spoken_words(first_text(backend)), spoken_words(given)).ratio() > 0.85


@ONE_GROUP
@BACKENDS
def test_the_same_recording_gives_the_same_text_again(
    load: Callable[..., Any], first_text: Callable[[str], str], demo_root: Path, backend: str
) -> None:
    before = first_text(backend)
    between = text_of(load(backend), demo_root / "wav" / "kal_sentence01.flac")
    assert between != before
    assert text_of(load(backend), demo_root / UTTERANCE.audio_path) == before


@ONE_GROUP
def test_the_two_agree(first_text: Callable[[str], str]) -> None:
    words = [spoken_words(first_text(backend)) for backend in ("whisper", "faster_whisper")]
    assert SequenceMatcher(None, *words).ratio() > 0.85


@ONE_GROUP
@BACKENDS
def test_an_english_model_detects_english(load: Callable[..., Any], demo_root: Path, backend: str) -> None:
    sound = decode(demo_root / UTTERANCE.audio_path)
    found = load(backend, "detect").transcribe(UTTERANCE, lambda: sound)
    assert found.language == "en"
    assert "coffee" in spoken_words(found.text)


@ONE_GROUP
@BACKENDS
def test_silence_is_an_error(load: Callable[..., Any], write_wav: Callable[..., Path], backend: str) -> None:
    path = write_wav("silence.wav", np.zeros(16_000))
    with pytest.raises(RecognitionError, match="nobody speaks"):
        text_of(load(backend), path)


@ONE_GROUP
@BACKENDS
def test_the_model_column_names_library_version_and_weights(load: Callable[..., Any], backend: str) -> None:
    package = {"whisper": "openai-whisper", "faster_whisper": "faster-whisper"}[backend]
    model = load(backend).model
    assert model.startswith(f"{package} {version(package)} ")
    assert "(sha256:" in model


@BACKENDS
def test_weights_that_are_garbage_are_an_error_that_names_them(tmp_path: Path, backend: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"no weights " * 100)
    model = str(path if backend == "whisper" else tmp_path)
    with pytest.raises(KMTalkError, match=str(tmp_path)):
        recogniser_config({"backend": backend, "model": model}).load()


@ONE_GROUP
@BACKENDS
def test_a_device_that_does_not_exist_is_an_error_that_names_it(models: dict[str, Path], backend: str) -> None:
    block = {"backend": backend, "model": str(models[backend]), "device": "quantum"}
    with pytest.raises(KMTalkError, match="device quantum"):
        recogniser_config(block).load()


@ONE_GROUP
def test_a_compute_type_that_does_not_exist_is_an_error_that_names_it(models: dict[str, Path]) -> None:
    block = {"backend": "faster_whisper", "model": str(models["faster_whisper"]), "compute_type": "int3"}
    with pytest.raises(KMTalkError, match="compute_type int3"):
        recogniser_config(block).load()


@BACKENDS
@pytest.mark.parametrize("language", ["french", "FR", "fr-FR", "jp", ""])
def test_a_language_that_whisper_does_not_know_is_an_error_that_names_those_it_knows(
    language: str, backend: str
) -> None:
    with pytest.raises(ConfigError, match=rf"asr block, key language: '{language}' is no language.*, fr, .*, ja, "):
        recogniser_config({"backend": backend, "model": "base", "language": language}).load()
