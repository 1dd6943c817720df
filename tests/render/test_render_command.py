from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.cli import app

pytestmark = pytest.mark.usefixtures("drawing")
Make = Callable[..., Animation]


def run(*arguments: object) -> str:
    found = CliRunner().invoke(app, [str(one) for one in arguments])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


def test_a_result_and_the_captured_npy_become_a_video(tmp_path: Path, face: Make, read_video: Any) -> None:
    made = face(4)
    made.save(tmp_path / "face.npz")
    made.save(tmp_path / "truth.npy")
    square = "".join(f"v {x} {y} {z}\n" for x, y, z in made.template)
    (tmp_path / "face.obj").write_text(square + "f 1 2 5\nf 2 3 5\nf 3 4 5\nf 4 1 5\n")
    mesh = ("--mesh", tmp_path / "face.obj", "--fps", 25)
    out = tmp_path / "out.mp4"
    run("render", tmp_path / "face.npz", "-o", out, "--captured", tmp_path / "truth.npy", *mesh, "--height", 64)
    assert read_video(out).frames.shape == (4, 70, 168, 3)
    run("render", tmp_path / "truth.npy", "-o", out, *mesh, "--height", 64)
    assert read_video(out).frames.shape == (4, 70, 80, 3)


def test_a_figure_takes_arrays_and_whole_animations_together(
    tmp_path: Path, face: Make, caplog: pytest.LogCaptureFixture
) -> None:
    made = face(4)
    made.save(tmp_path / "ours.npz")
    made.save(tmp_path / "theirs.npy")
    square = "".join(f"v {x} {y} {z}\n" for x, y, z in made.template)
    (tmp_path / "face.obj").write_text(square + "f 1 2 5\nf 2 3 5\nf 3 4 5\nf 4 1 5\n")
    results = (tmp_path / "ours.npz", tmp_path / "theirs.npy")
    mesh = ("--mesh", tmp_path / "face.obj", "--fps", 25)
    run("figure", *results, "--captured", tmp_path / "ours.npz", *mesh, "-o", tmp_path / "f.png", "--height", 64)
    assert (tmp_path / "f.png").is_file()
    # A figure has no use for sound, and no option that would give it one.
    assert "sound" not in caplog.text


def test_a_mesh_for_an_npz_is_refused(tmp_path: Path, face: Make) -> None:
    face(2).save(tmp_path / "face.npz")
    with pytest.raises(ConfigError, match="leave --mesh and --fps out"):
        run("render", tmp_path / "face.npz", "-o", tmp_path / "out.mp4", "--fps", 25)


def test_axes_that_are_none_are_refused(tmp_path: Path, face: Make) -> None:
    face(2).save(tmp_path / "face.npz")
    for axes, message in ((("--up", "w"), "is not an axis"), (("--up", "-z"), "the same axis")):
        with pytest.raises(ConfigError, match=message):
            run("render", tmp_path / "face.npz", "-o", tmp_path / "out.mp4", *axes)


def test_a_face_that_looks_along_another_axis_is_turned_to_the_viewer(
    tmp_path: Path, face: Make, read_video: Any
) -> None:
    made = face(1)
    lying = Animation(
        **{**vars(made), "vertices": made.vertices[..., [0, 2, 1]], "template": made.template[:, [0, 2, 1]]}
    )
    lying.save(tmp_path / "face.npz")
    shown = []
    for axes in ((), ("--front", "y", "--up", "z")):
        run("render", tmp_path / "face.npz", "-o", tmp_path / "out.mp4", "--height", 64, *axes)
        shown.append((read_video(tmp_path / "out.mp4").frames[0][8:].min(axis=2) < 215).sum())
    assert shown[1] > 20 * max(shown[0], 10)


def test_figures_are_drawn_at_given_times(tmp_path: Path, face: Make) -> None:
    face(9).save(tmp_path / "face.npz")
    np.testing.assert_equal(
        run("figure", tmp_path / "face.npz", "-o", tmp_path / "f.png", "--at", 0.1, "--height", 64),
        f"{tmp_path / 'f.png'}\n",
    )
    assert (tmp_path / "f.png").stat().st_size > 1000
