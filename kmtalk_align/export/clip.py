"""One utterance of an export: its sound and its motion as files that any training code reads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import motion, stage
from kmtalk_align.audio import SAMPLE_RATE, Samples, speech_wav
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import write_bytes
from kmtalk_align.frames import frame_of

# A recording whose length differs by so much from the corpus' table is another one.
_SLACK_S = 0.01
# Room for the small files of an utterance: once, and for each second of it (TextGrids grow with the number of phones).
_BYTES_AN_UTTERANCE, _BYTES_A_SECOND = 32_768, 8_192


@dataclass(frozen=True)
class Clip:
    """Sound (S,) at 16 kHz, and vertices (T, V * 3) in the corpus' unit, None in an audio corpus."""

    sound: Samples
    vertices: NDArray[np.float32] | None


def file_stem(name: str) -> str:
    """An id or a subject as the stem that readers of this layout take for it: as it is, where a file can be called so.

    What a file's name can't hold, and the leading dot of a hidden file, is percent-encoded, and nothing else.
    """
    stem = name.replace("/", "%2F").replace("\0", "%00")
    return f"%2E{stem[1:]}" if stem.startswith(".") else stem


def read_clip(utterance: Utterance, root: Path, vertex_count: int) -> Clip:
    """The utterance's sound and motion. Raises AudioError, or ArtefactError where they aren't what `prepare` saw."""
    samples = _as_long_as(stage.sound_of(utterance, root), utterance)
    if utterance.motion is None:
        return Clip(samples, None)
    vertices = motion.vertices(utterance.motion, root, n_frames=utterance.n_frames)
    if vertices.shape[1] != vertex_count:
        raise ArtefactError(
            f"has {vertices.shape[1]} vertices, {vertex_count} are expected",
            where=utterance.motion.path,
            fix="prepare the corpus again",
        )
    return Clip(samples, np.ascontiguousarray(vertices, np.float32).reshape(utterance.n_frames, -1))


def write_clip(clip: Clip, folder: Path, stem: str) -> None:
    """Write ``wav/<stem>.wav`` and, but in an audio corpus, ``vertices_npy/<stem>.npy``. Raises ArtefactError."""
    write_bytes(folder / "wav" / f"{stem}.wav", speech_wav(clip.sound))
    if clip.vertices is not None:
        write_array(folder / "vertices_npy" / f"{stem}.npy", clip.vertices)


def write_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write an array as .npy, in one step. Raises ArtefactError."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_bytes(path, content.getvalue())


def bytes_of(utterance: Utterance, vertex_count: int) -> int:
    """About how much room all files of an utterance take, rather too much than too little."""
    sound = round(utterance.duration_s * (SAMPLE_RATE * 2 + _BYTES_A_SECOND))
    return _BYTES_AN_UTTERANCE + sound + utterance.n_frames * vertex_count * 12


def _as_long_as(samples: Samples, utterance: Utterance) -> Samples:
    """The sound with as many frames as the recording has: resampling may move its end by a sample, over a frame's edge.

    Raises ArtefactError where it is another recording.
    """
    seconds = len(samples) / SAMPLE_RATE
    if abs(seconds - utterance.duration_s) > _SLACK_S:
        raise ArtefactError(
            f"is {seconds:.2f} s long, {utterance.duration_s:.2f} s are expected",
            where=utterance.audio_path,
            fix="prepare the corpus again",
        )
    frames = frame_of(utterance.duration_s, utterance.fps)
    sizes = (len(samples) + more for more in (0, 1, -1))
    size = next((one for one in sizes if frame_of(one / SAMPLE_RATE, utterance.fps) == frames), len(samples))
    return np.pad(samples[:size], (0, max(0, size - len(samples))))
