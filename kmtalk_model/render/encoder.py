"""Frames and a recording to an .mp4, by ffmpeg: H.264 and AAC, which every player knows."""

from __future__ import annotations

import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import RenderError

_AAC_BITS = "160k"


class Encoder:
    """An ffmpeg that takes frames (height, width, 3); its file is whole when the block ends without an exception.

    The sound begins with the first frame, and lasts as long as the frames do: a shorter recording is followed by
    silence.
    """

    def __init__(self, target: Path, size: tuple[int, int], fps: float, n_frames: int, sound: Path | None) -> None:
        """size: width and height in pixels, even numbers."""
        self._target = target
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as ffmpeg runs)
        # In a session of its own: an interrupt at the terminal is ours to handle, not ffmpeg's.
        self._process = subprocess.Popen(
            command(target, size, fps, n_frames, sound),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Encode one more frame. Raises RenderError where ffmpeg has given up."""
        try:
            self._stdin.write(np.ascontiguousarray(frame).data)
        except OSError as error:
            raise self._failure() from error

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file; after an exception, end ffmpeg. Raises RenderError where ffmpeg failed."""
        try:
            if kind is None:
                self._finish()
        finally:
            if self._process.poll() is None:
                self._process.kill()
            self._close_stdin()
            self._process.wait()
            self._errors.close()

    def _finish(self) -> None:
        if not self._close_stdin() or self._process.wait() != 0:
            raise self._failure()

    def _close_stdin(self) -> bool:
        try:
            self._stdin.close()
        except OSError:  # what was still to be written has no reader
            return False
        return True

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _failure(self) -> RenderError:
        """What ffmpeg said last: its last line says what, the one before it of which file."""
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        why = " ".join(said[-2:]) if said else f"exit status {self._process.returncode}"
        return RenderError(f"ffmpeg failed: {why}", fix="is there room on the disk, and can the recording be decoded?")


def command(target: Path, size: tuple[int, int], fps: float, n_frames: int, sound: Path | None) -> list[str]:
    """The command line that encodes raw frames from its standard input, and the first audio stream of `sound`."""
    from imageio_ffmpeg import get_ffmpeg_exe

    rate = Fraction(fps).limit_denominator(100_000)
    pictures = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-framerate", str(rate), "-i", "-"]
    # By BT.709 and marked so: unmarked, players take small videos for BT.601 and large ones for BT.709.
    marks = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    colours = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{marks}"
    picture = ["-vf", colours, "-c:v", "libx264", "-preset", "veryfast", "-crf", "19", "-map", "0:v:0"]
    heard: list[str] = []
    if sound is not None:
        # Counted from the first sample, as the analysis counts: streams of videos may say that they begin later.
        exact = f"asetpts=N/SR/TB,apad,atrim=end={float(n_frames / rate):.6f}"
        heard = ["-map", "1:a:0", "-af", exact, "-c:a", "aac", "-b:a", _AAC_BITS]
    inputs = [*pictures, *(["-i", f"file:{sound}"] if sound is not None else [])]
    quiet = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostats", "-y"]
    return [*quiet, *inputs, *picture, *heard, "-movflags", "+faststart", "-f", "mp4", f"file:{target}"]
