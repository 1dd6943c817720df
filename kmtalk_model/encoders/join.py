"""Encoder `join`: several encoders over the same recording, each stream at its own rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kmtalk_align.audio import Samples
from kmtalk_align.errors import ConfigError
from kmtalk_model.encoders.base import Encoded, Encoder, Stream


@dataclass(frozen=True)
class JoinConfig:
    """parts: encoder blocks by a name of your own; the stream `final` of the part `whisper` is `whisper.final`."""

    parts: Mapping[str, Mapping[str, Any]]
    backend: str = "join"

    def __post_init__(self) -> None:
        """Fill in the defaults of the parts, so that the stored block holds them. Raises ConfigError."""
        from kmtalk_align.blocks import resolved
        from kmtalk_model.encoders import encoder_config

        if not self.parts or any(part.get("backend") == "join" for part in self.parts.values()):
            raise ConfigError("needs parts, none of which is itself a join", where="encoder block, key parts")
        filled = {name: resolved(encoder_config(part)) for name, part in self.parts.items()}
        object.__setattr__(self, "parts", filled)

    def load(self) -> Join:
        """The encoders, ready. Raises WeightsError or ConfigError."""
        from kmtalk_model.encoders import encoder_config

        return Join({name: encoder_config(part).load() for name, part in self.parts.items()})


class Join:
    """One encoder made of several; at most one of them has a CTC network. Raises ConfigError for more."""

    def __init__(self, parts: Mapping[str, Encoder]) -> None:
        self._parts = parts
        self.streams: dict[str, Stream] = {
            f"{name}.{output}": stream for name, part in parts.items() for output, stream in part.streams.items()
        }
        self.identity = "; ".join(f"{name}: {part.identity}" for name, part in parts.items())
        self.batch_size = max(part.batch_size for part in parts.values())
        if sum("ctc" in part.streams for part in parts.values()) > 1:
            raise ConfigError("several parts have the output ctc", where="encoder block", fix="keep one CTC teacher")

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        """See Encoder.encode."""
        by_part = {name: part.encode(batch) for name, part in self._parts.items()}
        return [_joined({name: encoded[place] for name, encoded in by_part.items()}) for place in range(len(batch))]


def _joined(parts: Mapping[str, Encoded]) -> Encoded:
    features = {f"{name}.{output}": one for name, part in parts.items() for output, one in part.features.items()}
    return Encoded(features, next((part.spoken for part in parts.values() if part.spoken is not None), None))
