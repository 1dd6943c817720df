"""The formats that animations are exported to, and which one a person means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_model.export import gltf, usd


@dataclass(frozen=True)
class Format:
    """suffixes: of its files; none where it is a folder of many; options: those that it alone, or it too, takes."""

    suffixes: tuple[str, ...]
    options: tuple[str, ...] = ()


FORMATS = {
    "gltf": Format(gltf.SUFFIXES, ("tolerance", "metres_per_unit")),
    "obj": Format(()),
    "ply": Format(()),
    "usd": Format(usd.SUFFIXES, ("metres_per_unit",)),
    "npy": Format((".npy",)),
    "csv": Format((".csv",), ("basis",)),
}


def choose_format(output: Path, to: str | None, options: Mapping[str, object]) -> str:
    """The name of the format that `to` names, else that of the output's suffix.

    options: those that may be given, None where they aren't. Raises ConfigError where the format is unknown, the suffix
    is another's, or an option is given that it doesn't take.
    """
    name = _by_suffix(output) if to is None else to
    if name not in FORMATS:
        raise ConfigError(f"there is no format {name!r}", where="--to", fix=f"choose from: {', '.join(FORMATS)}")
    found = FORMATS[name]
    if found.suffixes and output.suffix not in found.suffixes:
        raise ConfigError(f"is no file of {name}", where=output, fix=f"name it {output.stem}{found.suffixes[0]}")
    if not found.suffixes and output.suffix in (".obj", ".ply"):
        raise ConfigError(f"a sequence of .{name} is a folder", where=output, fix=f"name it {output.stem}")
    for option, value in options.items():
        if value is not None and option not in found.options:
            takers = [one for one, format_ in FORMATS.items() if option in format_.options]
            flag = "--" + option.replace("_", "-")
            raise ConfigError(f"{name} takes no {flag}", fix=f"it is for: {', '.join(takers)}")
    return name


def _by_suffix(output: Path) -> str:
    for name, one in FORMATS.items():
        if output.suffix in one.suffixes:
            return name
    if output.suffix in (".obj", ".ply"):
        kind = output.suffix[1:]
        raise ConfigError(
            f"a sequence of .{kind} is a folder", where=output, fix=f"give --to {kind} and name it {output.stem}"
        )
    raise ConfigError("its suffix names no format", where=output, fix=f"give --to, one of: {', '.join(FORMATS)}")
