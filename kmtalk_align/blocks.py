"""Named config blocks: a mapping becomes a plain dataclass, and the same name always means the same content."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.files import write_bytes

# Hidden, so that readers of the folder as one Parquet data set pass over it.
BLOCK_FILE = ".block.json"
_T = TypeVar("_T")


def build(cls: type[_T], values: Mapping[str, Any], *, where: str) -> _T:
    """An instance of the dataclass `cls` from a mapping. Raises ConfigError for unknown, missing or wrong keys."""
    from pydantic import ValidationError

    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(f"unknown key {', '.join(unknown)}", where=where, fix=f"the keys are: {', '.join(known)}")
    try:
        found: _T = _adapter(cls).validate_python(dict(values))  # type: ignore[arg-type]
        return found
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(first["msg"], where=f"{where}: {key}" if key else where) from error


@cache
def _adapter(cls: type[Any]) -> Any:
    """The validator of a dataclass, which takes far longer to make than to use."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def parse(text: str, *, tag: str) -> dict[str, Any]:
    """A block as the command line gives it: JSON, or the short form ``NAME[:MODEL]``.

    `tag` is the key that names the kind, ``backend`` for recognisers and aligners, ``kind`` for selectors.
    """
    if text.lstrip().startswith("{"):
        try:
            block = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError(f"is not valid JSON ({error})", where=text) from error
        return dict(block)
    name, _, model = text.partition(":")
    return {tag: name, "model": model} if model else {tag: name}


def load_class(registry: Mapping[str, str], block: Mapping[str, Any], *, tag: str, what: str) -> type[Any]:
    """The class that a block names, imported only now. Raises ConfigError for a name that is not in the registry."""
    name = block.get(tag)
    if not isinstance(name, str) or name not in registry:
        raise ConfigError(
            f"there is no {what} {name!r}", where=f"{what} block, key {tag}", fix=f"choose from: {', '.join(registry)}"
        )
    module, _, attribute = registry[name].partition(":")
    found: type[Any] = getattr(import_module(module), attribute)
    return found


def hold_to_block(folder: Path, block: Any) -> None:
    """Store the resolved block (a dataclass instance) beside the artefacts that it makes.

    Raises ArtefactError where the folder was made by a block of the same name and other content.
    """
    check_block(folder, block)
    if not (folder / BLOCK_FILE).is_file():
        content = json.dumps(resolved(block), sort_keys=True, ensure_ascii=False) + "\n"
        write_bytes(folder / BLOCK_FILE, content.encode())


def check_block(folder: Path, block: Any) -> None:
    """Raise ArtefactError where the folder was made by a block of the same name and other content.

    A key that a newer release adds counts as its default where the stored block lacks it.
    """
    path = folder / BLOCK_FILE
    if not path.is_file():
        return
    now = resolved(block)
    defaults = {field.name: field.default for field in dataclasses.fields(block)}
    try:
        before = resolved(defaults) | dict(json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise ArtefactError(
            f"cannot be read ({error})", where=path, fix="delete this folder to make it again"
        ) from error
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if changed:
        raise ArtefactError(
            "was made with other settings: "
            + ", ".join(f"{key} was {before.get(key)!r}, is now {now.get(key)!r}" for key in changed),
            where=folder,
            fix="give the changed config block a new name, or delete this folder to make it again",
        )


def resolved(block: Any) -> dict[str, Any]:
    """A block's keys and values as JSON knows them, defaults filled in."""
    values = block if isinstance(block, Mapping) else dataclasses.asdict(block)
    found: dict[str, Any] = json.loads(json.dumps(values, default=lambda _: None))
    return found
