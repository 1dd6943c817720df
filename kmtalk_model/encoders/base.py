"""Audio encoders: one small protocol, what they give, and how they take recordings of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import ConfigError

if TYPE_CHECKING:
    import torch

_T = TypeVar("_T")


@dataclass(frozen=True)
class Stream:
    """One output of an encoder: `width` values d a token, `rate_hz` tokens a second; `first_s`, the time in seconds
    that the first token stands for, is the middle of the sound that it is made of.
    """

    width: int
    rate_hz: float
    first_s: float

    def bytes_of(self, duration_s: float) -> int:
        """The size in float16 of a recording's features."""
        return 2 * self.width * round(duration_s * self.rate_hz)


@dataclass(frozen=True)
class Spoken:
    """What a CTC network hears: the labels of its greedy path, without blanks and repeats, and their text."""

    ids: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Encoded:
    """Features (T, d) float32 by stream of one recording; `spoken` where a CTC network is among the outputs."""

    features: Mapping[str, NDArray[np.float32]]
    spoken: Spoken | None = None


class Encoder(Protocol):
    """Sound to features. `identity` says which weights speak; `batch_size` recordings at a time is what suits it."""

    streams: Mapping[str, Stream]
    identity: str
    batch_size: int

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        """The features of recordings (S,) at 16 kHz, float32 in [-1, 1], of any and of different lengths.

        A recording is given the features that it has alone, whatever is beside it in the batch. May be called from
        several threads at once. Raises AudioError for a recording that is shorter than a token.
        """
        ...


def batch_size_on(device: str) -> int:
    """How many recordings at a time suit a device: a CPU is as fast with one (measured with Whisper tiny.en)."""
    return 1 if device == "cpu" else 16


def one_core_each() -> None:
    """Have torch use one core for each recording: several recordings at a time use the others, and better so, and
    what comes out does not depend on how many cores there are. Holds for the thread that calls it.
    """
    import torch

    torch.set_num_threads(1)


def check_device(device: str, where: str = "encoder block, key device") -> None:
    """Raise ConfigError for a device that torch has not on this machine; where: what names it."""
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"torch has no device {device!r} on this machine ({str(error).splitlines()[0]})",
            where=where,
            fix="cpu works everywhere; `kmtalk doctor` says what is here",
        ) from error


def layer_number(output: str) -> int | None:
    """The k of an output `layer_<k>`, None for another output."""
    prefix, _, number = output.partition("_")
    return int(number) if prefix == "layer" and number.isdecimal() else None


def check_outputs(outputs: Sequence[str], *, layers: int, named: Sequence[str], model: str) -> None:
    """Raise ConfigError for an output that a model of so many layers has not, or that is asked for twice."""
    for output in outputs:
        number = layer_number(output)
        if output not in named and (number is None or not 0 <= number <= layers):
            raise ConfigError(
                f"the model {model} has no output {output!r}",
                where="encoder block, key outputs",
                fix=f"choose from: {', '.join((*named, 'layer_0'))} to layer_{layers}",
            )
    if not outputs or len(set(outputs)) != len(outputs):
        raise ConfigError("names an output twice, or none", where="encoder block, key outputs")


@dataclass(frozen=True)
class Window:
    """Tokens `start` to `stop` of a recording, of which those from `keep_from` to `keep_to` are kept."""

    start: int
    stop: int
    keep_from: int
    keep_to: int


def windows(tokens: int, longest: int, overlap: int) -> list[Window]:
    """Windows of at most `longest` tokens over a recording of `tokens`; neighbours share `overlap` or more.

    Each token is kept from one window, at least half the overlap away from a cut. A recording that fits is one window.
    """
    starts = [0]
    while starts[-1] + longest < tokens:
        starts.append(min(starts[-1] + longest - overlap, tokens - longest))
    stops = [min(start + longest, tokens) for start in starts]
    cuts = [0, *((start + stop) // 2 for start, stop in zip(starts[1:], stops, strict=False)), tokens]
    return [Window(*one) for one in zip(starts, stops, cuts, cuts[1:], strict=False)]


def in_groups_of_equal(items: Sequence[torch.Tensor], run: Callable[[torch.Tensor], Sequence[_T]]) -> list[_T]:
    """`run` over stacks of the items that have the same shape, so that nothing is padded; results in order."""
    import torch

    results: dict[int, _T] = {}
    for group in _equal(items):
        results.update(zip(group, run(torch.stack([items[place] for place in group])), strict=True))
    return [results[place] for place in range(len(items))]


def _equal(items: Sequence[torch.Tensor]) -> Iterator[list[int]]:
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for place, item in enumerate(items):
        by_shape.setdefault(tuple(item.shape), []).append(place)
    yield from by_shape.values()


def seconds(samples: Samples) -> float:
    """How long a recording (S,) at 16 kHz is."""
    return len(samples) / SAMPLE_RATE
