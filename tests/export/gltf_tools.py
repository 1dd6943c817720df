"""The Khronos validator and a player of three.js, installed once into .cache/ of the clone by npm."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmtalk_align.files import directory_once
from kmtalk_model.viewer.node import Node, find_node
from tests.conftest import REPOSITORY

SOURCE = Path(__file__).with_name("gltf_player")
_FILES = ("package.json", "package-lock.json", "validate.js", "player.js")


@dataclass(frozen=True)
class GltfTools:
    folder: Path
    node: Node

    def validate(self, *paths: Path) -> list[dict[str, Any]]:
        """The issues that the validator finds in each file."""
        done = self.node.run([self.node.node, "validate.js", *map(str, paths)], self.folder)
        assert done.returncode == 0, done.stdout
        return [json.loads(line)["issues"] for line in done.stdout.splitlines()]

    def page(self, gltf: Path) -> str:
        """A page that plays a file, and asks nobody for anything."""
        content = base64.b64encode(gltf.read_bytes()).decode()
        script = (self.folder / "built.js").read_text(encoding="utf-8").replace("</", "<\\/")
        style = "body { margin: 0 } canvas { display: block }"
        play = f'play("{content}").then(() => (document.body.dataset.ready = ""))'
        head = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>{style}</style>'
        return f"{head}<body><script>{script}</script><script>{play}</script></body>"


def gltf_tools() -> GltfTools:
    """Raises ConfigError where there is no Node with npm."""
    node = find_node()
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    folder = REPOSITORY / ".cache" / f"gltf-player-{digest}"

    def fill(made: Path) -> None:
        for name in _FILES:
            shutil.copy(SOURCE / name, made)
        bundle = ("exec", "--", "esbuild", "player.js", "--bundle", "--minify", "--format=iife", "--outfile=built.js")
        for arguments in (("ci", "--ignore-scripts", "--no-audit", "--no-fund"), bundle):
            done = node.run([node.npm, *arguments], made)
            assert done.returncode == 0, done.stdout

    directory_once(folder, fill)
    return GltfTools(folder, node)
