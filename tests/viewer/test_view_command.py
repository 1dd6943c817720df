from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.errors import KMTalkError
from kmtalk_model.cli.view import view
from kmtalk_model.viewer import bundle
from tests.viewer.ruler import ruler


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that does nothing, and the folder to work in."""
    monkeypatch.setattr(bundle, "BUILT", tmp_path / "viewer.js")
    bundle.BUILT.write_text(bundle.header(bundle.sources_digest(), "") + "start();")
    monkeypatch.chdir(tmp_path)


def test_animations_become_a_page(write_wav: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    sound = write_wav("a tone.wav", np.full(48_000, 0.1))
    ruler(sound).save(Path("model.npz"))
    ruler(sound, name="captured").save(Path("captured.npz"))
    view([Path("model.npz")], Path("new/out.html"), captured=Path("captured.npz"))
    said = capsys.readouterr().out
    assert said.startswith("new/out.html: ruler beside captured motion · 75 frames at 25 fps · 4 vertices; positions ")
    assert said.endswith("within 0.0016 mm; 0.0 MB\n")
    assert '<h1 dir="auto">red sofa</h1>' in Path("new/out.html").read_text()


def test_vertices_alone_go_beside_a_whole_animation(capsys: pytest.CaptureFixture[str]) -> None:
    one = ruler(name="captured")
    one.save(Path("captured.npz"))
    one.save(Path("model.npy"))
    points = "".join(f"v {x} {y} {z}\n" for x, y, z in one.template)
    Path("face.obj").write_text(points + "f 1 2 3\nf 1 3 4\n")
    view([Path("model.npy")], Path("out.html"), captured=Path("captured.npz"), mesh=Path("face.obj"), fps=25.0)
    assert "model beside captured motion" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": Path("out.mp4")}, r"out\.mp4: a page is written as \.html; name it out\.html"),
        ({"output": Path("/proc/none/out.html")}, r"out\.html: cannot be written"),
        ({"results": [Path("none.npz")]}, r"none\.npz: is no animation"),
        ({"results": [Path("model.npz"), Path("longer.npz")]}, "has 90 frames, and another 75; give the same speech"),
        ({"captured": Path("squares.npz")}, "squares: is of 8 vertices in metre, and ruler of 4 vertices"),
        ({"mesh": Path("face.obj")}, r"model\.npz: a \.npz has its own mesh"),
        ({"audio": Path("none.wav")}, r"none\.wav: there is no such file"),
        ({"front": "y"}, "front and up are the same axis"),
    ],
)
def test_a_mistake_is_an_error_and_nothing_is_written(changes: dict[str, Any], message: str) -> None:
    ruler().save(Path("model.npz"))
    ruler(frames=90, name="longer").save(Path("longer.npz"))
    ruler(squares=2, name="squares").save(Path("squares.npz"))
    arguments: dict[str, Any] = {"results": [Path("model.npz")], "output": Path("out.html"), **changes}
    with pytest.raises(KMTalkError, match=message):
        view(**arguments)
    assert not Path("out.html").exists()


def test_without_the_bundle_the_error_says_what_to_run() -> None:
    bundle.BUILT.unlink()
    ruler().save(Path("model.npz"))
    with pytest.raises(KMTalkError, match=r"the viewer is not built; run: python -m kmtalk_model\.viewer\.build"):
        view([Path("model.npz")], Path("out.html"))
    assert not Path("out.html").exists()


def test_a_recording_that_is_gone_is_said(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    ruler(Path("gone.wav")).save(Path("model.npz"))
    view([Path("model.npz")], Path("out.html"))
    assert "gone.wav is gone, so it is shown without sound" in caplog.text
    assert "no sound" in capsys.readouterr().out


def test_sound_that_is_cut_is_said(write_wav: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    ruler(write_wav("long.wav", np.full(96_000, 0.1))).save(Path("model.npz"))
    view([Path("model.npz")], Path("out.html"), audio=Path("long.wav"))
    assert "ruler: lasts 3.00 s, its recording 6.00 s: the sound is cut" in caplog.text
