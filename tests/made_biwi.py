"""A corpus made up in the layout of BIWI's download: every sequence that BIWI has, at two or three frames each."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.biwi.published import GAPS, UTTERANCE_IDS

FPS = 25
RATE = 44_100
SIDE = 6
V = SIDE * SIDE
# The vertices of the real mesh.
REAL_V = 23_370
Vertices = NDArray[np.float32]


def sheet(columns: int, rows: int, count: int | None = None) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """A curved sheet of columns * rows vertices, of which the first `count` are kept, and its triangles."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(rows)))
    vertices = np.stack([x, y, np.sin(x / columns * 3) + 0.4 * np.cos(y)], axis=1).astype(np.float64)
    corner = np.arange(columns * (rows - 1)).reshape(rows - 1, columns)[:, :-1].ravel()
    up, right = corner + columns, corner + 1
    faces = np.concatenate([np.stack([corner, right, up], 1), np.stack([right, up + 1, up], 1)])
    kept = len(vertices) if count is None else count
    return vertices[:kept], faces[(faces < kept).all(axis=1)].astype(np.int32)


TEMPLATE, FACES = sheet(SIDE, SIDE)


def vl(vertices: NDArray[np.floating]) -> bytes:
    """A frame as BIWI stores it."""
    return np.array(len(vertices), "<i4").tobytes() + np.asarray(vertices, "<f4").tobytes()


def obj(vertices: NDArray[np.floating], faces: NDArray[np.integer]) -> str:
    """A textured mesh, as the templates are."""
    points = "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in vertices)
    texture = "".join(f"vt {number / len(vertices):.6f} 0.5\n" for number in range(len(vertices)))
    return points + texture + "".join(f"f {a}/{a} {b}/{b} {c}/{c}\n" for a, b, c in faces + 1)


def template_of(subject: str) -> Vertices:
    """The subject's neutral face: upside down, somewhere, and some 20 centimetres wide."""
    number = int(subject[1]) + (10 if subject[0] == "M" else 0)
    return (TEMPLATE * (30 + number) + [5, -number, 900]).astype(np.float32)


def motion_of(utterance_id: str, frames: int) -> Vertices:
    """A sequence's vertices (T, V, 3): its subject's face, another one for each frame."""
    subject, _, sentence = utterance_id.partition("_")
    generator = np.random.default_rng(list(utterance_id.encode()))
    noise = generator.normal(scale=2, size=(frames, V, 3)) + int(sentence.lstrip("e"))
    return (template_of(subject) + noise).astype(np.float32)


def frames_of(utterance_id: str) -> int:
    return 2 + int(utterance_id[-1]) % 2


def tar(contents: Sequence[bytes], *, folder: str = ".", mode: str = "w") -> bytes:
    """An archive of frames, the last one first."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for number, content in reversed(list(enumerate(contents, start=1))):
            member = tarfile.TarInfo(f"{folder}/frame_{number:03d}.vl")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def video(frames: float) -> bytes:
    """A video file whose sound is as long as so many frames, exactly."""
    import av

    packed = io.BytesIO()
    samples = np.sin(np.arange(round(frames * RATE / FPS)) * 0.05) * 9000
    with av.open(packed, "w", format="flv") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return packed.getvalue()


def add_template(root: Path, subject: str) -> None:
    (root / "rigid_scans").mkdir(parents=True, exist_ok=True)
    (root / "rigid_scans" / f"{subject}.obj").write_text(obj(template_of(subject), FACES))


def add_sequence(root: Path, utterance_id: str, *, sound: bytes | None = None, frames: Vertices | None = None) -> None:
    """A sequence's archive and video; beside the archive lies one of head poses, as in the download."""
    subject, _, sentence = utterance_id.partition("_")
    for part in (f"faces/{subject}", "videos"):
        (root / part).mkdir(parents=True, exist_ok=True)
    found = motion_of(utterance_id, frames_of(utterance_id)) if frames is None else frames
    packed = root / "faces" / subject / f"{sentence}.tar"
    packed.write_bytes(tar([vl(frame) for frame in found]))
    packed.with_suffix(".tgz").write_bytes(_POSES)
    (root / "videos" / f"{utterance_id}.flv").write_bytes(video(len(found)) if sound is None else sound)


def download(root: Path) -> Path:
    """The whole download, gaps and all, with a sentence said without emotion."""
    sounds = {frames: video(frames) for frames in (2, 3)}
    for subject in sorted({one.partition("_")[0] for one in UTTERANCE_IDS}):
        add_template(root, subject)
    for one in UTTERANCE_IDS:
        if one not in GAPS:
            add_sequence(root, one, sound=sounds[frames_of(one)])
    add_sequence(root, "F2_05")
    return root


def _poses() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("frame_001_pose.txt")
        member.size = 7
        archive.addfile(member, io.BytesIO(b"1 0 0 0"))
    return packed.getvalue()


_POSES = _poses()
