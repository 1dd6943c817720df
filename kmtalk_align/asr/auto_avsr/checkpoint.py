"""The published checkpoint: a file of tensors by name, whose every entry is checked before it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from kmtalk_align.asr.auto_avsr.network import Network
from kmtalk_align.asr.auto_avsr.size import NetworkSize
from kmtalk_align.asr.digest import identity_of
from kmtalk_align.errors import WeightsError

_PUBLISHED = (
    "Auto-AVSR's authors publish asr_trlrs3vox2_base.pth (1,759 hours of speech) and asr_trlrs3_base.pth (438 hours): "
    "see the audio-only models in the README of their project mpc001/auto_avsr on GitHub. Whether the licence of the "
    "weights allows your use is yours to check. Give the path as checkpoint"
)
_ANOTHER = "is it the audio-only network of mpc001/auto_avsr (asr_..._base.pth), and whole?"
# Names of older files, which the authors' code accepts too.
_OLD_NAMES = {
    "encoder.input_layer.": "encoder.embed.",
    "encoder.norm.": "encoder.after_norm.",
    "decoder.input_layer.": "decoder.embed.",
    "decoder.output_norm.": "decoder.after_norm.",
}
_TOLD = 3


@dataclass(frozen=True)
class Checkpoint:
    """The network, ready to listen, its sizes, and a digest of the file."""

    network: Network
    size: NetworkSize
    identity: str


def load_checkpoint(given: str) -> Checkpoint:
    """The network of a file. Raises WeightsError where there is none, or an entry is missing, unknown or wrong."""
    path = Path(given).expanduser()
    if not given:
        raise WeightsError("has no checkpoint", where="asr block, backend auto_avsr", fix=_PUBLISHED)
    if not path.is_file():
        raise WeightsError("there is no such file", where=path, fix=_PUBLISHED)
    state = _renamed(_tensors(path))
    size = NetworkSize.of({name: tuple(value.shape) for name, value in state.items()})
    with torch.device("meta"):
        network = Network(size)
    _check(state, network.state_dict(), path)
    network.load_state_dict(state, strict=True, assign=True)
    network.eval().requires_grad_(False)
    return Checkpoint(network, size, identity_of(path))


def _tensors(path: Path) -> dict[str, Tensor]:
    """The entries of a file, floats as float32. No code in it is run."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, zipfile and pickle each have errors of their own for what is damaged
        code = re.search(r"GLOBAL ([\w.]+)", str(error))
        if code:
            what = f"holds {code[1]}, which is no tensor; it was not run"
        else:
            what = f"cannot be read ({next(iter(str(error).splitlines()), '') or type(error).__name__})"
        raise WeightsError(what, where=path, fix=_ANOTHER) from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        raise WeightsError(
            "holds its network within 'state_dict', as a file of training does; the published one is flat",
            where=path,
            fix="save the network's own state_dict() alone",
        )
    if not isinstance(found, Mapping) or not all(_is_entry(*one) for one in found.items()):
        raise WeightsError("is no dictionary of tensors", where=path, fix=_ANOTHER)
    return {name: value.float() if value.is_floating_point() else value for name, value in found.items()}


def _is_entry(name: Any, value: Any) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor)


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        old = next((one for one in _OLD_NAMES if name.startswith(one)), None)
        new = name if old is None else _OLD_NAMES[old] + name.removeprefix(old)
        found[name if new in state else new] = value
    return found


def _check(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> None:
    """Raise WeightsError that names entries which are missing, unknown, of another shape, or no numbers."""
    wrong = [name for name in expected.keys() & state.keys() if state[name].shape != expected[name].shape]
    wrong_shapes = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(expected[name].shape)}" for name in sorted(wrong)
    ]
    unfit = [name for name in expected if name in state and not _is_number(state[name], expected[name])]
    amiss = {
        "lacks": [name for name in expected if name not in state],
        "has unknown entries": [name for name in state if name not in expected],
        "has shapes that don't fit": wrong_shapes,
        "has entries that are no finite numbers": unfit,
    }
    said = [f"{what}: {_some(names)}" for what, names in amiss.items() if names]
    if said:
        raise WeightsError("; ".join(said), where=path, fix=_ANOTHER)


def _is_number(value: Tensor, expected: Tensor) -> bool:
    """Whether an entry is of the kind expected, whole or real, and finite; a sum is finite only where each value is."""
    return value.dtype == expected.dtype and bool(value.sum(dtype=torch.float64).isfinite())


def _some(names: list[str]) -> str:
    return ", ".join(names[:_TOLD]) + (f" and {len(names) - _TOLD} more" if names[_TOLD:] else "")
