from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.errors import KMTalkError
from kmtalk_model.animation import Animation
from kmtalk_model.cli.animate import animate
from kmtalk_model.run_folder import RunFolder
from tests.tiny_run import V, description, empty_stages, save_run, templates

# What training, plots and statistics need, and an animation does not.
NOT_NEEDED = (
    "lightning",
    "tensorboard",
    "sklearn",
    "matplotlib",
    "pandas",
    "transformers",
)
CODE = f"""
import sys
from kmtalk_model.cli import main
try:
    main()
finally:
    print(*[name for name in {NOT_NEEDED} if name in sys.modules])
"""


def test_a_recording_becomes_an_animation_and_every_stage_says_its_time(demo_root: Path, tmp_path: Path) -> None:
    save_run(tmp_path / "runs")
    audio = demo_root / "wav" / "slt_sentence02.flac"
    arguments = ["animate", audio, "--run", tmp_path / "runs" / "tiny", "-o", tmp_path / "out.npz", "--subject", "ann"]
    command = [sys.executable, "-c", CODE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = Animation.load(tmp_path / "out.npz")
    assert (found.vertices.shape[1:], found.key_source) == ((V, 3), "phoneme")
    assert np.abs(np.diff(found.vertices, axis=0)).max() > 0
    np.testing.assert_array_equal(found.template, templates()["ann"])
    stages = re.findall(r"^(\w+) +[\d.]+ s$", done.stderr, re.MULTILINE)
    assert sorted(stages) == ["alignment", "features", "networks", "recognition", "start", "write"]
    assert f"{found.n_frames} frames of {V} vertices at 25 fps, {len(found.key_frames)} key frames" in done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"audio": Path("none.wav")}, r"none\.wav: there is no such file"),
        ({"run": Path("none")}, "none: is no readable run"),
        ({"output": Path("out.mp4")}, r"not written as \.mp4; name it out\.npz"),
        ({"output": Path("/proc/none/out.npz")}, r"out\.npz: cannot be written"),
        ({"subject": "cleo"}, "no subject 'cleo'; choose from: ann, ben"),
        ({"template": Path("other.npy")}, rf"has 7 vertices, and the run's faces have {V}"),
        ({"template": Path("none.ply")}, r"none\.ply"),
        ({"transcript": "missing.txt"}, r"--transcript missing\.txt: cannot be read"),
        ({"textgrid_in": Path("a.TextGrid")}, "exclude each other"),
        ({"fps": 0.0}, "can't be 0 frames a second"),
    ],
)
def test_a_mistake_is_an_error_and_nothing_is_written(
    changes: dict[str, Any], message: str, demo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunFolder.write(empty_stages(tmp_path) / "tiny", description(), templates())
    np.save("other.npy", np.ones((7, 3)))
    arguments: dict[str, Any] = {
        "audio": demo_root / "wav" / "slt_sentence02.flac",
        "run": tmp_path / "tiny",
        "output": Path("out.npz"),
        "transcript": "a",
    }
    with pytest.raises(KMTalkError, match=message):
        animate(**(arguments | changes))
    assert not Path("out.npz").exists()
