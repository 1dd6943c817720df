"""Builds the bundle: npm fetches what package-lock.json names, esbuild puts it together with the sources.

Run as ``python -m kmtalk_model.viewer.build``. It works in a temporary copy, so that nothing is left among the sources.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kmtalk_align.errors import ArtefactError, ConfigError, KMTalkError
from kmtalk_align.files import write_bytes
from kmtalk_model.viewer.bundle import BUILT, header, read_bundle, sources, sources_digest
from kmtalk_model.viewer.node import Node, find_node

# Packages need no scripts of their own to be of use here, so none is run.
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error")
_BUNDLE = (
    "node_modules/esbuild/bin/esbuild",
    "main.js",
    "--bundle",
    "--minify",
    "--format=iife",
    "--target=es2020",
    "--charset=utf8",
    "--legal-comments=none",  # the whole notice stands in the header
    "--log-level=warning",
    "--outfile=viewer.js",
)
_LINES = 5


def build() -> Path:
    """Build the bundle and give its path. Raises ConfigError without Node or npm's registry, else ArtefactError."""
    node, digest = find_node(), sources_digest()
    with tempfile.TemporaryDirectory(prefix="kmtalk-viewer-") as name:
        folder = Path(name)
        for path in sources():
            shutil.copy(path, folder)
        if said := _failure(node, (node.npm, *_INSTALL), folder):
            raise ConfigError(f"npm can't fetch the viewer's packages: {said}", fix="is the registry reachable?")
        if said := _failure(node, (node.node, *_BUNDLE), folder):
            raise ArtefactError(f"esbuild can't build the viewer: {said}")
        licence = (folder / "node_modules" / "three" / "LICENSE").read_text(encoding="utf-8")
        code = (folder / "viewer.js").read_text(encoding="utf-8")
    _refuse_html(code)
    write_bytes(BUILT, (header(digest, licence) + code).encode())
    return BUILT


def _failure(node: Node, command: Sequence[str], folder: Path) -> str | None:
    """What a command said first where it failed."""
    try:
        done = node.run(command, folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    first = done.stdout.strip().splitlines()[:_LINES]
    return "\n".join([f"exit status {done.returncode}", *first, ""]) if done.returncode else None


def _refuse_html(code: str) -> None:
    """Raise ArtefactError where code would end the script element that it stands in, or be read as a comment."""
    for text in ("</script", "<script", "<!--"):
        if text in code.lower():
            raise ArtefactError(f"the viewer's code holds {text}, which can't stand in a page", where=BUILT)


def main() -> None:
    """Build the bundle unless it is there and up to date; say where it is, or in one line why it is not."""
    try:
        read_bundle()
    except ArtefactError:
        try:
            build()
        except KMTalkError as error:
            sys.exit(f"error: {error}")
    sys.stdout.write(f"{BUILT}\n")


if __name__ == "__main__":
    main()
