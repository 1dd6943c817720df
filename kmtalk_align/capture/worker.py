"""The tracking program while it runs: one face in one picture after the other."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.capture.face import POINTS, CanonicalFace, canonical_face
from kmtalk_align.errors import CaptureError, ConfigError

# Loading MediaPipe takes some seconds, on a busy machine half a minute; a frame some hundredths of one.
_START_S, _ANSWER_S = 300.0, 60.0
_LONGEST_ANSWER = 10_000_000
# A program that has closed its output has ended, or never will.
_END_S = 5.0
_AGAIN = "try again, with fewer threads where memory is short"


@dataclass(frozen=True)
class Found:
    """What was found in a picture: landmarks (468, 3) as MediaPipe has them and ARKit's weights by name, None where
    there is no face; `faces`, their number, where it was asked for.
    """

    landmarks: NDArray[np.float64] | None
    weights: Mapping[str, float] | None
    faces: int | None


class Worker:
    """A running tracking program. Not for several threads at once; `close` ends it.

    Whatever goes wrong with it raises CaptureError, after which it is of no more use: `broken`.
    """

    def __init__(self, command: Sequence[str], *, start_s: float = _START_S, answer_s: float = _ANSWER_S) -> None:
        """Start it. Raises ConfigError where it can't be started or doesn't say what face it follows."""
        self.broken = False
        self._answer_s = answer_s
        self._late = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
            )
        except OSError as error:
            self._errors.close()
            raise ConfigError(
                f"cannot be started ({error.strerror})", where=command[0], fix="delete .venv-capture, and make capture"
            ) from error
        try:
            self.face: CanonicalFace = canonical_face(self._answer(start_s))
        except (CaptureError, ValueError, TypeError, KeyError) as error:
            self.close()
            what = error.what if isinstance(error, CaptureError) else f"names no face that it follows ({error})"
            raise ConfigError(what, where=" ".join(command), fix="delete .venv-capture, and make capture") from error

    def begin(self) -> None:
        """A new clip: what was seen before is forgotten."""
        self._ask({"clip": True})

    def follow(self, picture: NDArray[np.uint8], time_ms: int, *, count: bool) -> Found:
        """Look for the face in the clip's next picture (H, W, 3), of a later time; `count`: and how many there are."""
        height, width, _ = picture.shape
        request = {"width": width, "height": height, "time_ms": time_ms, "count": count}
        answer = self._ask(request, picture.tobytes())
        try:
            return _found(answer)
        except (ValueError, TypeError, KeyError) as error:
            self.close()
            raise CaptureError(f"the tracking program answers what can't be used ({error!r})") from error

    def close(self) -> None:
        """End the program."""
        self.broken = True
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):  # what it no longer takes
                if stream is not None:
                    stream.close()

    def _ask(self, request: Mapping[str, Any], content: bytes = b"") -> Any:
        line = json.dumps(request).encode() + b"\n"
        return self._answer(self._answer_s, line + content)

    def _answer(self, limit_s: float, request: bytes = b"") -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self.broken:
            raise CaptureError("the tracking program has ended")
        line = b""
        with self._within(limit_s), suppress(OSError):  # a broken pipe shows in the empty answer
            if request:
                self._process.stdin.write(request)
                self._process.stdin.flush()
            line = self._process.stdout.readline(_LONGEST_ANSWER)
        try:
            if self._late:
                raise CaptureError(f"the tracking program gave no answer in {limit_s:g} s", fix=_AGAIN)
            if not line:
                raise CaptureError(f"the tracking program ended{self._how()}", fix=_AGAIN)
            try:
                return json.loads(line)
            except ValueError as error:
                raise CaptureError(f"the tracking program answers {line[:80]!r}, which is no JSON") from error
        except CaptureError:
            self.close()
            raise

    @contextmanager
    def _within(self, limit_s: float) -> Iterator[None]:
        """Kill the program when time runs out, which ends any reading from it and writing to it."""

        def end() -> None:
            self._late = True
            self._process.kill()

        timer = threading.Timer(limit_s, end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._process.kill()
        status = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", errors="replace").split("\n")
        said = next((one.strip() for one in reversed(lines) if one.strip()), "")
        end = f" by signal {-status}" if status < 0 else f" with exit status {status}"
        return f"{end}: {said}" if said else end


def _found(answer: Mapping[str, Any]) -> Found:
    landmarks, weights, faces = answer["landmarks"], answer["weights"], answer["faces"]
    if landmarks is not None:
        landmarks = np.array(landmarks, np.float64)
        if landmarks.shape != (POINTS * 3,) or not np.isfinite(landmarks).all():
            raise ValueError(f"landmarks of shape {landmarks.shape}, or not finite")
        landmarks = landmarks.reshape(POINTS, 3)
    if weights is not None:
        if not isinstance(weights, dict):
            raise ValueError("weights without names")
        weights = {str(name): float(value) for name, value in weights.items()}
        if not weights or not all(np.isfinite(value) for value in weights.values()):
            raise ValueError("weights that are no numbers")
    if faces is not None and (not isinstance(faces, int) or faces < 0):
        raise ValueError(f"{faces!r} faces")
    return Found(landmarks, weights, faces)
