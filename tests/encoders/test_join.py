"""Several encoders over the same recording."""

from __future__ import annotations

import numpy as np
import pytest

from kmtalk_align.blocks import resolved
from kmtalk_align.errors import ConfigError
from kmtalk_model.encoders import encoder_config
from kmtalk_model.encoders.base import Spoken, Stream
from kmtalk_model.encoders.join import Join

TWO = {"backend": "join", "parts": {"few": {"backend": "logmel"}, "many": {"backend": "logmel", "n_mels": 128}}}


def test_each_part_keeps_its_streams() -> None:
    encoder = encoder_config(TWO).load()
    sounds = [np.zeros(16_000, np.float32), np.ones(8000, np.float32)]
    first, second = encoder.encode(sounds)
    assert {name: values.shape for name, values in first.features.items()} == {
        "few.mel": (100, 80),
        "many.mel": (100, 128),
    }
    assert second.features["many.mel"].shape == (50, 128)
    assert encoder.streams["many.mel"] == Stream(128, 100.0, 0.0)


def test_the_stored_block_holds_the_defaults_of_its_parts() -> None:
    assert resolved(encoder_config(TWO))["parts"]["few"] == {"backend": "logmel", "n_mels": 80}


@pytest.mark.parametrize("parts", [{}, {"one": TWO}])
def test_no_parts_and_joins_of_joins_are_refused(parts: object) -> None:
    with pytest.raises(ConfigError, match="needs parts"):
        encoder_config({"backend": "join", "parts": parts})


def test_a_mistake_in_a_part_is_found_with_the_block() -> None:
    with pytest.raises(ConfigError, match="there is no encoder 'ears'"):
        encoder_config({"backend": "join", "parts": {"one": {"backend": "ears"}}})


def test_there_is_one_teacher() -> None:
    class Teacher:
        identity, batch_size, streams = "t", 1, {"ctc": Stream(1, 50.0, 0.0)}

        def encode(self, batch: object) -> list[Spoken]:
            raise AssertionError

    with pytest.raises(ConfigError, match="several parts have the output ctc"):
        Join({"a": Teacher(), "b": Teacher()})  # type: ignore[dict-item]
