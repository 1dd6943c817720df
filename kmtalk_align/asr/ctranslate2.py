"""CTranslate2's Whisper weights -> openai-whisper's checkpoint, the same numbers under other names.

The file format is CTranslate2's model binary, version 6 (OpenNMT/CTranslate2 python/ctranslate2/specs/model_spec.py):
a header, then name, shape, type and bytes of each variable, then aliases. The names of the layers are those of
OpenNMT/CTranslate2 python/ctranslate2/specs/whisper_spec.py and openai/whisper model.py.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import WeightsError

if TYPE_CHECKING:
    import torch

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_BINARY_VERSION = 6
Variables = dict[str, NDArray[np.generic]]


def to_openai_checkpoint(model_bin: Path) -> bytes:
    """The bytes of a checkpoint that `whisper.load_model(path)` reads. Raises WeightsError for another format."""
    import torch

    variables = read_variables(model_bin)
    if any(value.dtype.kind == "i" for name, value in variables.items() if f"{name}_scale" in variables):
        raise WeightsError("is quantised", where=model_bin, fix="convert the model with its weights as float16")
    try:
        names = _openai_names(variables)
    except KeyError as error:
        raise WeightsError(f"lacks the variable {error}, so it is no Whisper model", where=model_bin) from error
    state = {name: torch.from_numpy(np.array(value, np.float16)) for name, value in names.items()}
    sink = io.BytesIO()
    torch.save({"dims": _dimensions(state), "model_state_dict": state}, sink)
    return sink.getvalue()


def read_variables(path: Path) -> Variables:
    """The arrays of a CTranslate2 model binary by name, aliases resolved."""
    content = path.read_bytes()
    reader = _Reader(content)
    try:
        version = reader.number("I")
        spec = reader.text()
        reader.number("I")
        if version != _BINARY_VERSION or spec != "WhisperSpec":
            raise WeightsError(
                f"is {spec or 'nothing'} in version {version}, not a WhisperSpec in version 6", where=path
            )
        variables = dict(reader.variable() for _ in range(reader.number("I")))
        for _ in range(reader.number("I")):
            alias, target = reader.text(), reader.text()
            variables[alias] = variables[target]
    except (struct.error, KeyError, ValueError, UnicodeDecodeError) as error:
        raise WeightsError(f"is not a CTranslate2 model ({error})", where=path) from error
    return variables


class _Reader:
    """Reads the little-endian fields of a model binary one after another."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from("<" + kind, self._content, self._at)
        self._at += struct.calcsize("<" + kind)
        return int(value)

    def text(self) -> str:
        length = self.number("H")
        self._at += length
        if self._at > len(self._content):
            raise ValueError("cut off")
        return self._content[self._at - length : self._at].rstrip(b"\0").decode()

    def variable(self) -> tuple[str, NDArray[np.generic]]:
        name = self.text()
        shape = [self.number("I") for _ in range(self.number("B"))]
        kind = np.dtype(_TYPES[self.number("B")])
        size = self.number("I")
        values = np.frombuffer(self._content, kind, size // kind.itemsize, self._at).reshape(shape)
        self._at += size
        return name, values


def _openai_names(variables: Variables) -> Variables:
    state: Variables = {
        "encoder.positional_embedding": variables["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": variables["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": variables["decoder/embeddings/weight"],
    }
    for layer in ("conv1", "conv2"):
        state |= _linear(variables, f"encoder.{layer}", f"encoder/{layer}")
    state |= _norm(variables, "encoder.ln_post", "encoder/layer_norm")
    state |= _norm(variables, "decoder.ln", "decoder/layer_norm")
    for side in ("encoder", "decoder"):
        number = 0
        while f"{side}/layer_{number}/ffn/linear_0/weight" in variables:
            state |= _block(variables, f"{side}.blocks.{number}", f"{side}/layer_{number}", crossed=side == "decoder")
            number += 1
    return state


def _block(variables: Variables, ours: str, theirs: str, *, crossed: bool) -> Variables:
    state = _norm(variables, f"{ours}.attn_ln", f"{theirs}/self_attention/layer_norm")
    weights = np.split(variables[f"{theirs}/self_attention/linear_0/weight"], 3)
    biases = np.split(variables[f"{theirs}/self_attention/linear_0/bias"], 3)
    state |= _attention(f"{ours}.attn", weights, biases)
    state |= _linear(variables, f"{ours}.attn.out", f"{theirs}/self_attention/linear_1")
    if crossed:
        state |= _norm(variables, f"{ours}.cross_attn_ln", f"{theirs}/attention/layer_norm")
        query, keys = f"{theirs}/attention/linear_0", f"{theirs}/attention/linear_1"
        weights = [variables[f"{query}/weight"], *np.split(variables[f"{keys}/weight"], 2)]
        biases = [variables[f"{query}/bias"], *np.split(variables[f"{keys}/bias"], 2)]
        state |= _attention(f"{ours}.cross_attn", weights, biases)
        state |= _linear(variables, f"{ours}.cross_attn.out", f"{theirs}/attention/linear_2")
    state |= _norm(variables, f"{ours}.mlp_ln", f"{theirs}/ffn/layer_norm")
    state |= _linear(variables, f"{ours}.mlp.0", f"{theirs}/ffn/linear_0")
    return state | _linear(variables, f"{ours}.mlp.2", f"{theirs}/ffn/linear_1")


def _attention(ours: str, weights: list[NDArray[np.generic]], biases: list[NDArray[np.generic]]) -> Variables:
    """Query, key and value of an attention layer. openai-whisper's keys have no bias; CTranslate2 stores zeros."""
    state: Variables = {f"{ours}.{part}.weight": w for part, w in zip(("query", "key", "value"), weights, strict=True)}
    return state | {f"{ours}.query.bias": biases[0], f"{ours}.value.bias": biases[2]}


def _linear(variables: Variables, ours: str, theirs: str) -> Variables:
    return {f"{ours}.{part}": variables[f"{theirs}/{part}"] for part in ("weight", "bias")}


def _norm(variables: Variables, ours: str, theirs: str) -> Variables:
    return {f"{ours}.weight": variables[f"{theirs}/gamma"], f"{ours}.bias": variables[f"{theirs}/beta"]}


def _dimensions(state: Mapping[str, torch.Tensor]) -> dict[str, int]:
    """openai-whisper's ModelDimensions, read off the shapes; Whisper's heads are 64 wide throughout."""
    audio_positions, audio_width = state["encoder.positional_embedding"].shape
    text_positions, text_width = state["decoder.positional_embedding"].shape
    layers = {
        side: len({name.split(".")[2] for name in state if name.startswith(f"{side}.blocks")})
        for side in ("encoder", "decoder")
    }
    return {
        "n_mels": int(state["encoder.conv1.weight"].shape[1]),
        "n_audio_ctx": int(audio_positions),
        "n_audio_state": int(audio_width),
        "n_audio_head": int(audio_width) // 64,
        "n_audio_layer": layers["encoder"],
        "n_vocab": int(state["decoder.token_embedding.weight"].shape[0]),
        "n_text_ctx": int(text_positions),
        "n_text_state": int(text_width),
        "n_text_head": int(text_width) // 64,
        "n_text_layer": layers["decoder"],
    }
