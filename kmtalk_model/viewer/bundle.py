"""The bundle: the viewer's JavaScript and three.js in one file, which `build` makes of the sources beside it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from kmtalk_align.errors import ArtefactError
from kmtalk_align.finding import Finding

SOURCE = Path(__file__).with_name("source")
BUILT = Path(__file__).parent / "built" / "viewer.js"
BUILD = "python -m kmtalk_model.viewer.build"
_HEADER = re.compile(r"/\* KMTalk viewer, of sources ([0-9a-f]{64})\.")


def read_bundle() -> str:
    """The bundle's JavaScript. Raises ArtefactError where it is missing, or was built of other sources."""
    try:
        bundle = BUILT.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArtefactError("the viewer is not built", where=BUILT, fix=f"run: {BUILD}") from error
    header = _HEADER.match(bundle)
    if header is None or header[1] != sources_digest():
        raise ArtefactError("the viewer was built of other sources", where=BUILT, fix=f"run: {BUILD}")
    return bundle


def header(digest: str, licence: str) -> str:
    """The comment that a bundle begins with: the digest of its sources, and the notice that three.js asks to keep."""
    return f"/* KMTalk viewer, of sources {digest}.\nIt contains three.js:\n\n{licence.strip()}\n*/\n"


def sources_digest() -> str:
    """SHA-256 over the names and contents of the sources."""
    found = hashlib.sha256()
    for path in sources():
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


def sources() -> list[Path]:
    """The files that a bundle is made of, sorted by name."""
    return sorted(path for path in SOURCE.iterdir() if path.suffix in (".js", ".json"))


def finding() -> Finding:
    """What `kmtalk doctor` says of it."""
    try:
        bundle = read_bundle()
    except ArtefactError as error:
        return Finding("viewer", "page", False, error.what, BUILD)
    return Finding("viewer", "page", True, f"built, {len(bundle.encode()) / 1e3:,.0f} kB")
