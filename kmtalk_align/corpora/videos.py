"""Videos of talking heads as a folder corpus: the motion of 468 points, followed by MediaPipe, and ARKit's weights."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import audio
from kmtalk_align.capture.clip import captured, look, track
from kmtalk_align.capture.face import CanonicalFace
from kmtalk_align.capture.pool import WorkerPool
from kmtalk_align.capture.quality import Quality
from kmtalk_align.corpora.conversion import NOTES, convert_all, read_note
from kmtalk_align.corpora.mesh import mesh_of, region_of
from kmtalk_align.corpora.splits import subject_of
from kmtalk_align.corpora.templates import pickled_templates
from kmtalk_align.errors import CaptureError, ConfigError, KMTalkError
from kmtalk_align.files import encode_id, refuse_occupied, write_bytes, write_bytes_if_changed

# Raised where the same video gives other files than before, and with it that of conversion.py, by which Snakemake goes.
VERSION = 1
QUALITY_FILE = "quality.csv"
_QUALITY = ".quality"
# A subject's rest face: the median of so small a share of a clip's frames, those in which the jaw opens least.
_REST_SHARE = 0.2
_JAW_OPEN = "jawOpen"


class VideoConversion:
    """How videos become a folder corpus (kmtalk_align/corpora/conversion.py).

    videos: by utterance id; the subject is the id without its last ``_`` field. fps: of the motion.
    """

    def __init__(self, videos: Mapping[str, Path], fps: float, pool: WorkerPool) -> None:
        self.videos, self._fps, self._pool = videos, fps, pool

    def utterance_ids(self) -> Sequence[str]:
        """The videos' ids."""
        return list(self.videos)

    def source(self, utterance_id: str) -> str:
        """The digest of the video, and of how it is followed."""
        return f"{digest_of_source(self.videos[utterance_id])} {self.settings()}"

    def settings(self) -> str:
        """How videos are followed, for all alike."""
        return f"{self._fps:g} fps, version {VERSION}"

    def convert(self, utterance_id: str, folder: Path) -> None:
        """Follow the face; writes wav/, vertices_npy/, blendshapes_npy/. Raises CaptureError, AudioError."""
        path = self.videos[utterance_id]
        for part in ("wav/{}.wav", "vertices_npy/{}.npy", "blendshapes_npy/{}.npy"):
            (folder / part.format(utterance_id)).unlink(missing_ok=True)
        sound = audio.pcm16_wav(*audio.decode_to_listen(path))
        with self._pool.worker() as worker:
            tracked = track(path, worker)
            quality = look(utterance_id, tracked, worker, self._fps)
            write_bytes(folder / _QUALITY / f"{encode_id(utterance_id)}.json", _json(dataclasses.asdict(quality)))
            try:
                found = captured(tracked, worker, self._fps)
            except KMTalkError as error:
                raise type(error)(error.what, where=path, fix=error.fix) from error
            _write_mesh(folder, worker.face, found.names)
        rows = found.vertices.reshape(len(found.vertices), -1)
        write_bytes(folder / "vertices_npy" / f"{utterance_id}.npy", _npy(rows))
        write_bytes(folder / "blendshapes_npy" / f"{utterance_id}.npy", _npy(found.weights))
        write_bytes(folder / "wav" / f"{utterance_id}.wav", sound)

    def finish(self, folder: Path) -> None:
        """Write templates.pkl, a rest face of each subject, and quality.csv."""
        rest: dict[str, list[NDArray[np.float32]]] = {}
        jaw = _weight_names(folder).index(_JAW_OPEN)
        for utterance_id in sorted(self.utterance_ids()):
            if (folder / "wav" / f"{utterance_id}.wav").is_file():
                vertices = np.load(folder / "vertices_npy" / f"{utterance_id}.npy")
                weights = np.load(folder / "blendshapes_npy" / f"{utterance_id}.npy")
                rest.setdefault(subject_of(utterance_id), []).append(rest_face(vertices, weights[:, jaw]))
        templates = {subject: np.median(faces, axis=0).reshape(-1, 3) for subject, faces in sorted(rest.items())}
        write_bytes_if_changed(folder / "templates.pkl", pickled_templates(templates))
        _write_quality(folder)


def rest_face(vertices: NDArray[np.floating], jaw_open: NDArray[np.floating]) -> NDArray[np.floating]:
    """A face with the mouth at rest, out of a clip's motion (T, V * 3) and the weight (T,) of how far the jaw opens."""
    chosen = np.argsort(jaw_open, kind="stable")[: max(1, round(_REST_SHARE * len(jaw_open)))]
    rest: NDArray[np.floating] = np.median(vertices[chosen], axis=0)
    return rest


def capture(paths: Sequence[Path], folder: Path, *, fps: float, threads: int) -> dict[str, str]:
    """Make a folder corpus of videos, or add them to one that this has made; gives the problems by utterance id.

    Raises ConfigError where two videos have one name or the environment is missing, CorpusError where none can be used,
    ArtefactError where something else lies in the folder.
    """
    videos: dict[str, Path] = {}
    for path in paths:
        if path.stem in videos and not path.samefile(videos[path.stem]):
            raise ConfigError(f"has the name of {videos[path.stem]}", where=path, fix="rename one of them")
        if path.is_dir():
            raise ConfigError("is a folder", where=path, fix="give the videos in it")
        if not path.is_file():
            raise ConfigError("there is no such file", where=path)
        videos[path.stem] = path
    if not (folder / NOTES).is_dir():
        refuse_occupied(folder)
    pool = WorkerPool()
    try:
        return convert_all(_AddedVideos(videos, fps, pool, folder), folder, threads=threads)
    finally:
        pool.close()


class _AddedVideos(VideoConversion):
    """Videos beside those that a folder has from before, which are left as they are, with their problems."""

    def __init__(self, videos: Mapping[str, Path], fps: float, pool: WorkerPool, folder: Path) -> None:
        super().__init__(videos, fps, pool)
        notes = {unquote(path.stem): read_note(path) for path in (folder / NOTES).glob("*.json")}
        for one, path in videos.items():
            note = notes.get(one)
            if note and not note["problem"] and str(note["source"]).split(" ", 1)[0] != digest_of_source(path):
                raise ConfigError(
                    f"{folder} holds {one} of another video",
                    where=path,
                    fix=f"rename it; or, to replace that, delete {folder / NOTES / encode_id(one)}.json",
                )
        before = {one: note for one, note in notes.items() if note and one not in videos}
        self._before = {one: str(note["source"]) for one, note in before.items()}
        self._problems = {one: str(note["problem"]) for one, note in before.items()}
        rates = {source.split(" ", 1)[1] for source in self._before.values()}
        if rates - {self.settings()}:
            raise ConfigError(
                f"was captured at {', '.join(sorted(rates))}, not at {self.settings()}",
                where=folder,
                fix="give another folder",
            )

    def utterance_ids(self) -> Sequence[str]:
        return [*self.videos, *self._before]

    def source(self, utterance_id: str) -> str:
        return self._before.get(utterance_id) or super().source(utterance_id)

    def convert(self, utterance_id: str, folder: Path) -> None:
        if utterance_id in self._before:  # nobody says where its video is now
            raise CaptureError(self._problems[utterance_id])
        super().convert(utterance_id, folder)


def _write_mesh(folder: Path, face: CanonicalFace, names: tuple[str, ...]) -> None:
    write_bytes_if_changed(folder / "mesh.npz", mesh_of(face.faces, blendshape_names=np.array(names)))
    for name, indices in face.regions().items():
        write_bytes_if_changed(folder / "regions" / f"{name}.txt", region_of(indices))


def _weight_names(folder: Path) -> list[str]:
    with np.load(folder / "mesh.npz", allow_pickle=False) as mesh:
        return [str(name) for name in mesh["blendshape_names"]]


def _write_quality(folder: Path) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, [field.name for field in dataclasses.fields(Quality)], lineterminator="\n")
    table.writeheader()
    for path in sorted((folder / _QUALITY).glob("*.json")):
        table.writerow(json.loads(path.read_bytes()))
    write_bytes_if_changed(folder / QUALITY_FILE, text.getvalue().encode())


def _npy(array: NDArray[np.float32]) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def _json(content: object) -> bytes:
    return (json.dumps(content) + "\n").encode()


def digest_of_source(path: Path) -> str:
    """SHA-256 of a file. One that can't be read is no end of all others: `convert` says what is wrong with it."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"
