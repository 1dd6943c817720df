from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmtalk_align.errors import RenderError
from kmtalk_model.animation import Animation
from kmtalk_model.render import machine

_COMMAND = "from kmtalk_model.cli import main; main()"


@pytest.fixture(autouse=True)
def _looks_anew() -> Iterator[None]:
    machine.check_drawing.cache_clear()
    yield
    machine.check_drawing.cache_clear()


def test_without_a_driver_there_is_one_error_and_no_crash(tmp_path: Path, face: object) -> None:
    assert callable(face)
    made: Animation = face()
    made.save(tmp_path / "face.npz")
    # EGL itself is there, and finds no driver. (A program without a library is like one: VTK can't make a window.)
    blind = {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull, "LIBGL_DRIVERS_PATH": os.devnull}
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")} | blind
    look = "from kmtalk_model.render.machine import _chosen_window as w; print(w())"
    if "EGL" in subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True).stdout:
        pytest.skip("this EGL finds its driver by another way")
    command = [sys.executable, "-c", _COMMAND, "render", str(tmp_path / "face.npz"), "-o", str(tmp_path / "out.mp4")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: VTK finds nothing to draw with")
    assert "apt-get install libegl1 libgl1-mesa-dri" in done.stderr
    assert "Traceback" not in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["face.npz"]


def test_a_window_that_vtk_has_not_tried_is_tried_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("vtkmodules")
    monkeypatch.setattr(machine, "_chosen_window", lambda: "vtkOSOpenGLRenderWindow")
    monkeypatch.setattr(machine, "_TRIAL", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(RenderError, match="libegl1 libgl1-mesa-dri"):
        machine.check_drawing()
    assert machine.finding().mend == machine.INSTALL_GL
    monkeypatch.setattr(machine, "_TRIAL", "pass")
    machine.check_drawing()


@pytest.mark.parametrize("package", ["vtk", "imageio-ffmpeg"])
def test_a_missing_package_is_named_with_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = {"vtk": "vtkmodules", "imageio-ffmpeg": "imageio_ffmpeg"}[package]
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == module else object())
    monkeypatch.setattr(machine, "_chosen_window", lambda: "vtkEGLRenderWindow")
    found = machine.finding()
    assert not found.usable
    assert package in found.detail
    assert found.mend == "pip install -c constraints.txt -e '.[render]'"


def test_the_doctor_is_told_what_draws(drawing: None) -> None:
    found = machine.finding()
    assert (found.kind, found.usable, found.mend) == ("render", True, None)
    assert found.detail.startswith("VTK draws by ")
