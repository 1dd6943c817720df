"""BIWI's download -> the folder layout, as the published processing makes it, without MATLAB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import decode_to_listen, pcm16_wav
from kmtalk_align.corpora.biwi.download import SequenceFiles, sequence_files
from kmtalk_align.corpora.biwi.frames import Archive, Frame, frames_in_folder, read_vl, vl_size
from kmtalk_align.corpora.biwi.published import SENTENCES, SUBJECTS, missing
from kmtalk_align.corpora.biwi.unit_area import to_unit_area
from kmtalk_align.corpora.mesh import mesh_of
from kmtalk_align.corpora.templates import pickled_templates
from kmtalk_align.errors import AudioError, CorpusError, MeshError
from kmtalk_align.files import new_file, write_bytes
from kmtalk_align.mesh import mesh_faces, mesh_vertices

# Raised where the same files become something else.
VERSION = 1
# A frame's size is compared with that of its template before it is read.
_FAR_TOO_LARGE = 16


@dataclass(frozen=True)
class Template:
    """A subject's neutral face: vertices (V, 3) of surface area 1, and faces (F, 3)."""

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]


class BiwiConversion:
    """How the download becomes the folder layout: see kmtalk_align/corpora/conversion.py."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: Mapping[str, SequenceFiles] = {
            f"{subject}_{sentence}": sequence_files(root, subject, sentence)
            for subject in SUBJECTS
            for sentence in SENTENCES
        }
        self._lock = Lock()
        self._templates: dict[Path, Template | CorpusError] = {}
        self._shared: dict[Path, Archive] = {}

    def utterance_ids(self) -> Sequence[str]:
        """Every sequence that was said with emotion, be it there or not."""
        return list(self._files)

    def source(self, utterance_id: str) -> str:
        """A digest of the sequence's files, without reading them."""
        return f"{VERSION} {self._files[utterance_id].stamp(self._root)}"

    def convert(self, utterance_id: str, folder: Path) -> None:
        """Write vertices_npy/<id>.npy and wav/<id>.wav; raises CorpusError where the sequence can't be used."""
        motion, sound = folder / "vertices_npy" / f"{utterance_id}.npy", folder / "wav" / f"{utterance_id}.wav"
        motion.unlink(missing_ok=True)
        sound.unlink(missing_ok=True)
        try:
            files = self._files[utterance_id]
            with self._frames(utterance_id, files) as frames:
                content = _sound(utterance_id, files)
                _write_motion(motion, frames, self._template(files))
        except (CorpusError, AudioError, MeshError) as error:
            # Where the download lies is no part of what is made of it.
            place = str(error.where).replace(f"{self._root}/", "")
            where = place if place == utterance_id else f"{utterance_id}: {place}"
            raise CorpusError(error.what, where=where, fix=error.fix) from error
        write_bytes(sound, content)

    def finish(self, folder: Path) -> None:
        """Write templates.pkl and mesh.npz. Raises CorpusError where the subjects' meshes do not belong together."""
        templates = {}
        for files in self._files.values():
            found = self._templates_or_error(files.template) if files.template else None
            if isinstance(found, Template):
                templates[files.subject] = found
        counts = {subject: len(template.vertices) for subject, template in templates.items()}
        if len(set(counts.values())) != 1:
            raise CorpusError(
                f"the subjects' templates differ in vertex count: {counts}",
                where="rigid_scans",
                fix="download or copy them again",
            )
        write_bytes(folder / "mesh.npz", mesh_of(next(iter(templates.values())).faces))
        vertices = {subject: template.vertices for subject, template in templates.items()}
        write_bytes(folder / "templates.pkl", pickled_templates(vertices))

    def close(self) -> None:
        """Close the archives that were read."""
        for archive in self._shared.values():
            archive.close()

    @contextmanager
    def _frames(self, utterance_id: str, files: SequenceFiles) -> Iterator[list[Frame]]:
        if files.frames is None:
            raise missing(utterance_id)
        if files.frames.is_dir():
            with frames_in_folder(files.frames) as frames:
                yield frames
        elif files.shared:
            with self._shared_archive(files.frames).frames(files.sequence) as frames:
                if not frames:
                    raise missing(utterance_id)
                yield frames
        else:
            archive = Archive(files.frames)
            try:
                with archive.frames() as frames:
                    yield frames
            finally:
                archive.close()

    def _shared_archive(self, path: Path) -> Archive:
        with self._lock:
            return self._shared.setdefault(path, Archive(path))

    def _template(self, files: SequenceFiles) -> Template:
        if files.template is None:
            raise CorpusError("is missing", where=f"rigid_scans/{files.subject}.obj", fix="add the subject's template")
        found = self._templates_or_error(files.template)
        if isinstance(found, CorpusError):
            raise found
        return found

    def _templates_or_error(self, path: Path) -> Template | CorpusError:
        with self._lock:
            if path not in self._templates:
                self._templates[path] = _read_template(path)
            return self._templates[path]


def _read_template(path: Path) -> Template | CorpusError:
    try:
        faces, vertices = mesh_faces(path).astype(np.int32), mesh_vertices(path)
        if faces.size == 0 or not 0 <= faces.min() <= faces.max() < len(vertices):
            return CorpusError("its faces do not fit its vertices, or there are none", where=path)
        if not np.isfinite(vertices).all():
            return CorpusError("holds NaN or infinite vertices", where=path)
        return Template(to_unit_area(vertices, faces, str(path)), faces)
    except (MeshError, CorpusError) as error:
        return CorpusError(error.what, where=path, fix=error.fix)


def _sound(utterance_id: str, files: SequenceFiles) -> bytes:
    """The sequence's sound as a WAV file, at its own rate."""
    if files.sound is None:
        raise CorpusError(
            "has no sound",
            where=utterance_id,
            fix=f"add videos/{utterance_id}.flv or audio/{utterance_id}_cut.wav, or exclude the utterance",
        )
    return pcm16_wav(*decode_to_listen(files.sound))


def _write_motion(target: Path, frames: Sequence[Frame], template: Template) -> None:
    """Write float32 (T, V * 3), a frame at a time, in the order in which they are read best."""
    count = len(template.vertices)
    # Not numpy's open_memmap: where the disk is full it would end the process, and not raise.
    header = {"descr": "<f4", "fortran_order": False, "shape": (len(frames), count * 3)}
    with new_file(target) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
        start = file.tell()
        for row, frame in sorted(enumerate(frames), key=lambda pair: pair[1].offset):
            vertices = to_unit_area(_vertices(frame, count), template.faces, frame.where)
            file.seek(start + row * vertices.nbytes)
            file.write(vertices.tobytes())


def _vertices(frame: Frame, count: int) -> NDArray[np.float32]:
    """The frame's vertices (V, 3), as many as the template has; what is far too large is not read at all."""
    if frame.size > _FAR_TOO_LARGE * vl_size(count):
        raise CorpusError(f"has {frame.size} bytes, {vl_size(count)} are expected", where=frame.where)
    vertices = read_vl(frame.read(), frame.where)
    if len(vertices) != count:
        raise CorpusError(f"names {len(vertices)} vertices, the subject's template has {count}", where=frame.where)
    return vertices
