"""Whether this machine can draw and encode: VTK, a library of OpenGL that works, and ffmpeg."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib.util import find_spec

from kmtalk_align.errors import RenderError
from kmtalk_align.finding import Finding

INSTALL = "pip install -c constraints.txt -e '.[render]'"
INSTALL_GL = "apt-get install libegl1 libgl1-mesa-dri   (or what your system calls EGL and Mesa)"
# VTK takes this window only after it has made an OpenGL context of it.
_EGL = "vtkEGLRenderWindow"
_PATIENCE_S = 120
_TRIAL = """
import os
if os.name == "posix":
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it may crash: no core file
import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(8, 8)
window.Render()
"""


@cache
def check_drawing() -> None:
    """Raise RenderError where pictures can't be drawn: VTK is missing, or has nothing that it could draw with.

    Where there is no driver, VTK dies of a segmentation fault as it draws. So any window but the one that it has
    tried itself is tried here in a process of its own. Looks once in a process, and silences VTK's own warnings.
    """
    _check_package("vtkmodules", "vtk")
    from vtkmodules.vtkCommonCore import vtkLogger, vtkObject

    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_OFF)
    vtkObject.GlobalWarningDisplayOff()
    if _chosen_window() != _EGL and not _trial_succeeds():
        raise RenderError("VTK finds nothing to draw with: no EGL with a driver, no OSMesa, no screen", fix=INSTALL_GL)


def check_encoding() -> None:
    """Raise RenderError where there is no ffmpeg."""
    _check_package("imageio_ffmpeg", "imageio-ffmpeg")
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        get_ffmpeg_exe()
    except RuntimeError as error:
        fix = "install ffmpeg, or set IMAGEIO_FFMPEG_EXE to it"
        raise RenderError("imageio-ffmpeg has no program ffmpeg for this system", fix=fix) from error


def finding() -> Finding:
    """What `kmtalk doctor` says of it."""
    try:
        check_drawing()
        check_encoding()
    except RenderError as error:
        return Finding("render", "video", False, error.what, error.fix)
    window = _chosen_window().removeprefix("vtk").removesuffix("RenderWindow")
    return Finding("render", "video", True, f"VTK draws by {window}")


def _check_package(module: str, package: str) -> None:
    if find_spec(module) is None:
        raise RenderError(f"this needs the package {package}, which is not installed", fix=INSTALL)


def _chosen_window() -> str:
    """The kind of window that VTK chooses. (To make one harms nobody; to draw in it may.)"""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    return str(vtkRenderWindow().GetClassName())


def _trial_succeeds() -> bool:
    command = [sys.executable, "-c", _TRIAL]
    try:
        return subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
