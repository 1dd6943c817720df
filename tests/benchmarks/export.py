"""How long exports take, and how much memory: a minute of the demo's head, and sequences of as many vertices as BIWI's.

python -m tests.benchmarks.export
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from kmtalk_model.animation import Animation
from kmtalk_model.export.arkit import SHAPES
from tests.export.made_animations import HEAD, made_weights, talking_head

_MINUTE = 1500
_BIWI = 23_370
_SEQUENCE = 100
_CALL = "from kmtalk_model.cli import main; main()"


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        talking_head(made_weights(list(SHAPES), _MINUTE)).save(folder / "head.npz")
        _large().save(folder / "large.npz")
        for output in ("head.glb", "head.usdc", "head.npy"):
            _measure(folder / "head.npz", folder / output)
        _measure(folder / "head.npz", folder / "head.csv", "--basis", str(HEAD))
        for kind in ("obj", "ply"):
            _measure(folder / "large.npz", folder / kind, "--to", kind)


def _large() -> Animation:
    random = np.random.default_rng(0)
    template = random.standard_normal((_BIWI, 3)).astype(np.float32)
    vertices = template + 0.01 * random.standard_normal((_SEQUENCE, 1, 3)).astype(np.float32)
    faces = random.integers(0, _BIWI, (2 * _BIWI, 3)).astype(np.int32)
    return Animation(vertices, 25.0, template, faces, "metre", np.zeros(0, np.int32), "", name="large")


def _measure(animation: Path, output: Path, *options: str) -> None:
    start = time.perf_counter()
    command = [sys.executable, "-c", _CALL, "export", str(animation), "-o", str(output), *options]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    seconds = time.perf_counter() - start
    files = [output] if output.is_file() else list(output.iterdir())
    size = sum(one.stat().st_size for one in files) / 1e6
    # Of the children so far, the largest.
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"{output.name:10} {seconds:6.1f} s, {size:7.1f} MB, at most {memory:.2f} GB of memory")
    print("".join(f"    {line}\n" for line in said.splitlines() if "no sound" not in line), end="")


if __name__ == "__main__":
    main()
