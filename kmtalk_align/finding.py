"""What `kmtalk doctor` says of one thing; apart from the doctor, who knows every recogniser and aligner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the report; `mend` is a command, or None where all is well."""

    kind: str
    name: str
    usable: bool
    detail: str
    mend: str | None = None
