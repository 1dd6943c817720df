"""CTranslate2's weights as openai-whisper's checkpoint: the same numbers, checked against CTranslate2 itself."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmtalk_align.asr.ctranslate2 import read_variables, to_openai_checkpoint
from kmtalk_align.asr.offline_weights import extra_folder
from kmtalk_align.audio import decode
from kmtalk_align.errors import WeightsError

TYPES = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def binary(
    variables: Mapping[str, np.ndarray],
    *,
    aliases: Mapping[str, str] | None = None,
    spec: str = "WhisperSpec",
    version: int = 6,
) -> bytes:
    """A model binary as CTranslate2's model_spec.py writes it."""
    content = struct.pack("<I", version) + text(spec) + struct.pack("<II", 3, len(variables))
    for name, array in variables.items():
        content += text(name) + struct.pack("<B", array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
        content += struct.pack("<BI", TYPES[array.dtype.name], array.nbytes) + array.tobytes()
    content += struct.pack("<I", len(aliases or {}))
    return content + b"".join(text(alias) + text(target) for alias, target in (aliases or {}).items())


def put(folder: Path, content: bytes) -> Path:
    path = folder / "model.bin"
    path.write_bytes(content)
    return path


def layerless() -> dict[str, np.ndarray]:
    """All that a Whisper without layers has, 64 wide."""
    small = {
        "encoder/position_encodings/encodings": (5, 64),
        "decoder/position_encodings/encodings": (4, 64),
        "decoder/embeddings/weight": (7, 64),
        "encoder/conv1/weight": (64, 80, 3),
        "encoder/conv1/bias": (64,),
        "encoder/conv2/weight": (64, 64, 3),
        "encoder/conv2/bias": (64,),
        "encoder/layer_norm/gamma": (64,),
        "encoder/layer_norm/beta": (64,),
        "decoder/layer_norm/gamma": (64,),
        "decoder/layer_norm/beta": (64,),
    }
    random = np.random.default_rng(0)
    return {name: random.standard_normal(shape).astype(np.float16) for name, shape in small.items()}


GOOD = binary({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([7], np.int8)}, aliases={"c": "a"})


def test_variables_are_read_with_shape_and_type(tmp_path: Path) -> None:
    arrays = {name: np.arange(6).reshape(3, 2).astype(name) for name in TYPES}
    found = read_variables(put(tmp_path, binary(arrays)))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_an_alias_is_the_variable_that_it_names(tmp_path: Path) -> None:
    found = read_variables(put(tmp_path, GOOD))
    np.testing.assert_array_equal(found["c"], found["a"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage" * 100,
        binary({}, spec="TransformerSpec"),
        binary({}, version=5),
        binary({}, version=7),
        binary({"a": np.zeros(3, np.float32)}, aliases={"b": "missing"}),
        GOOD.replace(struct.pack("<BI", 0, 24), struct.pack("<BI", 9, 24)),
    ],
    ids=["empty", "garbage", "another model", "older", "newer", "dangling alias", "unknown type"],
)
def test_another_format_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    path = put(tmp_path, content)
    with pytest.raises(WeightsError, match=r"model\.bin: is "):
        read_variables(path)
    with pytest.raises(WeightsError, match=r"model\.bin: is "):
        to_openai_checkpoint(path)


@pytest.mark.parametrize("length", range(len(GOOD)))
def test_a_truncated_file_is_an_error_wherever_it_ends(tmp_path: Path, length: int) -> None:
    with pytest.raises(WeightsError, match=r"model\.bin"):
        read_variables(put(tmp_path, GOOD[:length]))


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_damaged_file_raises_nothing_but_a_weights_error(tmp_path: Path, at: int, byte: int) -> None:
    try:
        found = read_variables(put(tmp_path, GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]))
    except WeightsError as error:
        assert "model.bin" in str(error)  # noqa: PT017
    else:
        assert found


def test_a_model_without_layers_converts(tmp_path: Path) -> None:
    assert to_openai_checkpoint(put(tmp_path, binary(layerless())))


def test_a_model_that_lacks_a_variable_is_an_error_that_names_it(tmp_path: Path) -> None:
    variables = layerless()
    del variables["encoder/conv2/bias"]
    with pytest.raises(WeightsError, match=r"model\.bin.*encoder/conv2/bias"):
        to_openai_checkpoint(put(tmp_path, binary(variables)))


def test_whole_numbers_of_a_quantised_model_are_not_taken_for_its_weights(tmp_path: Path) -> None:
    variables = layerless()
    variables["decoder/embeddings/weight"] = np.full((7, 64), 100, np.int8)
    variables["decoder/embeddings/weight_scale"] = np.full(7, 1000, np.float32)
    with pytest.raises(WeightsError, match=r"model\.bin"):
        to_openai_checkpoint(put(tmp_path, binary(variables)))


@pytest.fixture(scope="module")
def tiny_folder() -> Path:
    folder = extra_folder("tiny.en")
    assert folder is not None, "make test installs the extra offline-weights"
    return folder


@pytest.fixture(scope="module")
def converted(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """tiny.en, converted and loaded by openai-whisper."""
    import whisper

    path = tmp_path_factory.mktemp("converted") / "tiny.en.pt"
    path.write_bytes(to_openai_checkpoint(tiny_folder / "model.bin"))
    return whisper.load_model(str(path), device="cpu")


@pytest.mark.xdist_group("whisper")
def test_the_converted_model_is_tiny_en_by_its_dimensions(converted: Any) -> None:
    # openai/whisper's tiny.en, as its own checkpoint says.
    assert vars(converted.dims) == {
        "n_mels": 80,
        "n_audio_ctx": 1500,
        "n_audio_state": 384,
        "n_audio_head": 6,
        "n_audio_layer": 4,
        "n_vocab": 51864,
        "n_text_ctx": 448,
        "n_text_state": 384,
        "n_text_head": 6,
        "n_text_layer": 4,
    }
    assert not converted.is_multilingual


@pytest.mark.xdist_group("whisper")
def test_the_converted_encoder_agrees_with_ctranslate2(converted: Any, tiny_folder: Path) -> None:
    import ctranslate2
    import torch

    spectrogram = np.random.default_rng(0).standard_normal((1, 80, 3000)).astype(np.float32)
    theirs = ctranslate2.models.Whisper(str(tiny_folder), device="cpu", compute_type="float32", intra_threads=1)
    expected = np.array(theirs.encode(ctranslate2.StorageView.from_array(spectrogram)))
    with torch.no_grad():
        found = converted.encoder(torch.from_numpy(spectrogram)).numpy()
    assert found.shape == expected.shape == (1, 1500, 384)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.xdist_group("whisper")
def test_the_converted_decoder_agrees_with_ctranslate2(converted: Any, tiny_folder: Path, demo_root: Path) -> None:
    import ctranslate2
    import torch
    import whisper

    sound = whisper.pad_or_trim(decode(demo_root / "wav" / "slt_sentence02.flac"))
    spectrogram = whisper.log_mel_spectrogram(sound)[None]
    start_of_transcript, no_time_stamps, end_of_text = 50257, 50362, 50256
    theirs = ctranslate2.models.Whisper(str(tiny_folder), device="cpu", compute_type="float32", intra_threads=1)
    (result,) = theirs.generate(
        ctranslate2.StorageView.from_array(spectrogram.numpy()),
        [[start_of_transcript, no_time_stamps]],
        beam_size=1,
        suppress_blank=False,
        suppress_tokens=[],
    )
    said = [token for token in result.sequences_ids[0] if token != end_of_text]
    assert len(said) > 8
    with torch.no_grad():
        logits = converted.decoder(
            torch.tensor([[start_of_transcript, no_time_stamps, *said]]), converted.encoder(spectrogram)
        )
    assert logits[0, 1:].argmax(dim=-1).tolist() == [*said, end_of_text]
