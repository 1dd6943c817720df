"""The file of an experiment: what it changes of a preset, or of another experiment beside it.

A name that ends in that of a run, ``<experiment>.<asr>.<aligner>.<selector>``, needs no file: it is the experiment with
the key frames of that run.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from kmtalk_align import blocks
from kmtalk_align.errors import ConfigError
from kmtalk_model.experiment import Experiment, Stage
from kmtalk_model.recipe import recipe

PRESETS = Path(__file__).with_name("presets")
_NAME = re.compile(r"[a-z0-9_-]+")
_WITH_RUN = re.compile(
    rf"(?P<base>{_NAME.pattern})\.(?P<asr>{_NAME.pattern})\.(?P<aligner>{_NAME.pattern})"
    rf"\.(?P<selector>{_NAME.pattern})"
)
_FIX_FOUNDATION = (
    "let it begin with `preset: default`, `preset: paper`, or `base: <the name of an experiment beside it>`"
)


@dataclass(frozen=True)
class Link:
    """A file in the chain from an experiment to its preset: its name, and the experiment that it describes."""

    name: str
    experiment: Experiment


def read_experiment(path: Path) -> Experiment:
    """The experiment in a file, whole. Raises ConfigError, naming file and key."""
    return read_chain(path)[0].experiment


def read_chain(path: Path) -> list[Link]:
    """The experiment in a file, then the one that its `base` names, and so on. Raises ConfigError as above.

    Each is checked by itself, so that an error names the file that has it.
    """
    files = _files(path)
    _, oldest = files[-1]
    values = _preset(files[-1][0], oldest.pop("preset"))
    links: list[Link] = []
    for file, own in reversed(files):
        check_keys(Experiment, own, where=file)
        values = merge(values, own)
        links.insert(0, Link(file.stem, blocks.build(Experiment, values, where=str(file))))
    return links


def file_of(name: str) -> str:
    """The name of the experiment whose file describes the experiment `name`: its own, or that of its base."""
    run = _WITH_RUN.fullmatch(name)
    return run["base"] if run else name


def stage_owner(path: Path, stage: Stage) -> str:
    """The name of the experiment that trains a stage for the one in a file. Raises ConfigError."""
    return owner_in(read_chain(path), stage)


def owner_in(chain: Sequence[Link], stage: Stage) -> str:
    """The name of the experiment that trains a stage for the first of a chain: the farthest whose stage is made of the
    very same, so that nothing is trained twice.
    """
    own = recipe(chain[0].experiment, stage)
    return next(link.name for link in reversed(chain) if recipe(link.experiment, stage) == own)


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` put over it: mappings are merged key by key, anything else is replaced whole."""
    merged = dict(base)
    for key, value in changes.items():
        before = merged.get(key)
        merged[key] = merge(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return merged


def check_keys(cls: type, values: Mapping[str, Any], *, where: object, parent: str = "") -> None:
    """Raise ConfigError for a key, at any depth, that the dataclass `cls` does not have."""
    kinds = get_type_hints(cls)
    known = [field.name for field in dataclasses.fields(cls)]
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"unknown key {parent}{key}", where=where, fix=f"the keys there are: {', '.join(known)}")
        inner = next((kind for kind in (kinds[key], *get_args(kinds[key])) if dataclasses.is_dataclass(kind)), None)
        if isinstance(inner, type) and isinstance(value, Mapping):
            check_keys(inner, value, where=where, parent=f"{parent}{key}.")


def _files(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The files from `path` to the one that names a preset, with their own keys; `base` is taken out."""
    found: list[tuple[Path, dict[str, Any]]] = []
    while True:
        names = [file.stem for file, _ in found]
        if path.stem in names:
            circle = [*names[names.index(path.stem) :], path.stem]
            raise ConfigError(f"goes in a circle ({' -> '.join(circle)})", where=f"{path}: base", fix=_FIX_FOUNDATION)
        own = _load(path)
        found.append((path, own))
        if ("base" in own) == ("preset" in own):
            what = "names a preset and a base" if "base" in own else "names neither a preset nor a base"
            raise ConfigError(what, where=path, fix=_FIX_FOUNDATION)
        if "preset" in own:
            return found
        path = _base(path, own.pop("base"))


def _base(path: Path, name: object) -> Path:
    beside = sorted(file.stem for file in path.parent.glob("*.yaml") if file != path)
    if not isinstance(name, str) or name not in {*beside, path.stem}:
        raise ConfigError(
            f"there is no experiment {name!r} beside it",
            where=f"{path}: base",
            fix=f"choose from: {', '.join(beside) or '(none)'}",
        )
    return path.with_name(f"{name}.yaml")


def _preset(path: Path, name: object) -> Mapping[str, Any]:
    known = sorted(file.stem for file in PRESETS.glob("*.yaml"))
    if name not in known:
        raise ConfigError(
            f"there is no preset {name!r}", where=f"{path}: preset", fix=f"choose from: {', '.join(known)}"
        )
    return _preset_values(str(name))


@cache
def _preset_values(name: str) -> Mapping[str, Any]:
    return _load(PRESETS / f"{name}.yaml")


def _load(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises ConfigError."""
    import yaml

    run = _WITH_RUN.fullmatch(path.stem)
    if run and not path.exists():
        keys = {kind: run[kind] for kind in ("asr", "aligner", "selector")}
        return {"base": run["base"], "keys": keys}
    if not _NAME.fullmatch(path.stem):
        raise ConfigError(
            "its name is that of a folder too", where=path, fix="name it with small letters, digits, _ and -"
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot be read as YAML ({error})", where=path, fix="correct the file") from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigError("is no mapping of keys to values", where=path, fix=_FIX_FOUNDATION)
    return values
