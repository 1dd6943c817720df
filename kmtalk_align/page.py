"""Pages for a person in one look: one HTML file each, which needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableView:
    """A table to show: its headings, its first rows, and how many rows there are in all."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    total: int


def render(package: str, template: str, **values: Any) -> str:
    """A page by a template of a package's folder `templates`; what pages share lies in kmtalk_align's own."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("kmtalk_align")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template(template).render(**values)


def as_address(svg: bytes) -> str:
    """A picture as the address of an image."""
    return f"data:image/svg+xml;base64,{b64encode(svg).decode()}"
