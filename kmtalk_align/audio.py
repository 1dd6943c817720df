"""Recordings: any format people have, decoded once, by one library (PyAV), to what every backend takes."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import AudioError

if TYPE_CHECKING:
    import av

SAMPLE_RATE = 16_000
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aiff", ".aif", ".mp4", ".mpg", ".mov", ".webm")
# A file is cut off where it decodes to less than this share of the duration that its header declares. Headers of
# mp3 files without a length field are estimates, hence the slack; WAV is checked exactly.
_WHOLE = 0.9

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """What is known of a recording without keeping its samples: seconds, and its own sample rate in Hz."""

    duration_s: float
    sample_rate: int


def decode(path: Path) -> Samples:
    """The sound of a file as mono float32 samples (S,) in [-1, 1] at 16 kHz.

    Raises AudioError where the file is missing, holds no sound, is cut off, or can't be decoded.
    """
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    samples: Samples = _resampled(path, resampler)[0].astype(np.float32) / 32768.0
    return samples


def decode_to_listen(path: Path) -> tuple[NDArray[np.int16], int]:
    """The sound of a file for ears: 16-bit samples (channels, S), one or two channels, and their rate, its own, in Hz.

    Raises as `decode` does.
    """
    import av

    first = next(_frames(path))
    layout = "mono" if first.layout.nb_channels == 1 else "stereo"
    return _resampled(path, av.AudioResampler("s16p", layout, first.sample_rate)), first.sample_rate


def measure(path: Path) -> Recording:
    """Decode a file for its exact duration and its sample rate only. Raises as `decode` does."""
    samples = rate = 0
    for frame in _frames(path):
        samples, rate = samples + frame.samples, frame.sample_rate
    return Recording(samples / rate, rate)


def to_pcm16(samples: Samples) -> bytes:
    """Samples as little-endian 16-bit PCM, as pocketsphinx takes them."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype("<i2").tobytes()


def speech_wav(samples: Samples) -> bytes:
    """Samples (S,) as every program reads them: a WAV file of 16 kHz, 16 bit, mono."""
    return pcm16_wav(np.frombuffer(to_pcm16(samples), "<i2")[None], SAMPLE_RATE)


def pcm16_wav(samples: NDArray[np.int16], rate: int) -> bytes:
    """16-bit samples (channels, S) as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples.T, "<i2").tobytes())
    return content.getvalue()


def is_silent(samples: Samples) -> bool:
    """Whether nothing in the recording reaches -60 dBFS: digital silence, or a muted microphone's hiss."""
    return samples.size == 0 or float(np.abs(samples).max()) < 1e-3


def _resampled(path: Path, resampler: av.AudioResampler) -> NDArray[np.int16]:
    parts: list[NDArray[np.int16]] = []
    for frame in _frames(path):
        try:
            parts += [np.asarray(piece.to_ndarray(), np.int16) for piece in resampler.resample(frame)]
        except ValueError as error:
            raise AudioError("changes its format on the way", where=path, fix="save it again in one piece") from error
    parts += [np.asarray(piece.to_ndarray(), np.int16) for piece in resampler.resample(None)]
    return np.concatenate(parts, axis=1)


def _frames(path: Path) -> Iterator[av.AudioFrame]:
    """The decoded frames of a file's first audio stream; every failure of PyAV becomes an AudioError."""
    import av

    if path.is_dir():
        raise AudioError("is a folder, not a recording", where=path)
    if not path.is_file():
        raise AudioError("there is no such file", where=path)
    if path.stat().st_size == 0:
        raise AudioError("the file is empty", where=path, fix="replace the recording or exclude the utterance")
    _refuse_short_wav(path)
    seconds = 0.0
    try:
        with av.open(str(path)) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise AudioError("holds no audio stream", where=path, fix="give a recording with sound")
            # FFmpeg guesses the duration of a bare AAC stream from its first frames' bit rate.
            declared = float((stream.duration or 0) * (stream.time_base or 0))
            if container.format.name == "aac":
                declared = 0.0
            for frame in container.decode(stream):
                seconds += frame.samples / frame.sample_rate
                yield frame
    except (av.FFmpegError, ArithmeticError, EOFError, ValueError) as error:
        # ArithmeticError: PyAV divides by an unknown sample rate where a FLAC header is broken.
        raise AudioError(
            f"cannot be decoded ({type(error).__name__})", where=path, fix="is it audio, and is it whole?"
        ) from error
    if seconds == 0.0:
        raise AudioError("holds no samples", where=path, fix="replace the recording or exclude the utterance")
    if seconds < _WHOLE * declared:
        raise AudioError(
            f"is cut off: {seconds:.2f} s of the {declared:.2f} s that it declares", where=path, fix="copy it again"
        )


def _refuse_short_wav(path: Path) -> None:
    """Raise where a WAV file is shorter than its RIFF header says: FFmpeg would quietly give what there is."""
    with path.open("rb") as file:
        header = file.read(12)
    if header[:4] != b"RIFF" or header[8:12] != b"WAVE":
        return
    declared = int.from_bytes(header[4:8], "little") + 8
    size = path.stat().st_size
    # Programs that stream write 0 or the largest number as the length, which says nothing.
    if declared < 0xFFFF_FFFF and size < declared - 1:
        raise AudioError(f"is cut off: {size} of {declared} bytes", where=path, fix="copy it again")
