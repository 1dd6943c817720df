"""VOCASET's download -> the folder layout. The motion stays where it is: a link, and which rows are whose."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.mesh import mesh_of, region_of
from kmtalk_align.corpora.motions import MotionRows, write_motion_rows
from kmtalk_align.corpora.splits import subject_of
from kmtalk_align.corpora.templates import pickled_templates
from kmtalk_align.corpora.vocaset.download import AUDIO, TABLE, TEMPLATES, VERTICES, Download
from kmtalk_align.corpora.vocaset.published import GAPS, missing, published_ids
from kmtalk_align.corpora.vocaset.sound import recording_of, wav_of
from kmtalk_align.errors import CorpusError
from kmtalk_align.files import TEMPORARY_PREFIX, new_file, write_bytes

VERSION = 1
# So few that a portion is 15 MB.
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class VocasetConversion:
    """See Conversion. regions: vertices by name; faces (F, 3), None where they are not known."""

    download: Download
    regions: Mapping[str, Sequence[int]] = field(default_factory=dict)
    faces: NDArray[np.int32] | None = None

    def utterance_ids(self) -> Sequence[str]:
        """See Conversion."""
        return sorted({*self.download.table, *self.download.audio, *published_ids()})

    def source(self, utterance_id: str) -> str:
        """See Conversion: of the recording and the rows; of the vertices too, where they are copied."""
        total = hashlib.sha256(f"{VERSION}".encode())
        try:
            rows = self._rows(utterance_id)
            samples, rate = self._recording(utterance_id)
        except CorpusError as error:
            total.update(str(error).encode())
            return total.hexdigest()
        total.update(f"{rate} {samples.dtype.str} {samples.shape} {rows.size}".encode())
        total.update(np.ascontiguousarray(samples).tobytes())
        if _contiguous(rows):
            total.update(f"from {rows[0]}".encode())
        else:
            total.update(rows.tobytes())
            for portion in self._portions(rows):
                total.update(portion.data)
        return total.hexdigest()

    def convert(self, utterance_id: str, folder: Path) -> None:
        """See Conversion."""
        gathered = folder / "vertices_npy" / f"{utterance_id}.npy"
        rows = self._rows(utterance_id)
        samples, rate = self._recording(utterance_id)
        try:
            wav = wav_of(samples, rate)
        except CorpusError as error:
            raise CorpusError(error.what, where=f"{AUDIO}: {utterance_id}") from error
        if _contiguous(rows):
            gathered.unlink(missing_ok=True)
        else:
            self._gather(rows, gathered)
        write_bytes(folder / "wav" / f"{utterance_id}.wav", wav)

    def finish(self, folder: Path) -> None:
        """See Conversion."""
        _link(self.download.root / VERTICES, folder / VERTICES)
        write_motion_rows(folder, dict(self._references()))
        write_bytes(folder / TEMPLATES, pickled_templates(self.download.templates))
        for path in (*folder.glob("regions/*.txt"), folder / "mesh.npz"):
            path.unlink(missing_ok=True)
        for name, vertices in self.regions.items():
            write_bytes(folder / "regions" / f"{name}.txt", region_of(vertices))
        if self.faces is not None:
            write_bytes(folder / "mesh.npz", mesh_of(self.faces))

    def _recording(self, utterance_id: str) -> tuple[NDArray[np.generic], int]:
        if utterance_id not in self.download.audio:
            raise CorpusError("has no sound of it", where=f"{AUDIO}: {utterance_id}")
        try:
            return recording_of(self.download.audio[utterance_id])
        except CorpusError as error:
            raise CorpusError(error.what, where=f"{AUDIO}: {utterance_id}") from error

    def _rows(self, utterance_id: str) -> NDArray[np.int64]:
        if utterance_id not in self.download.table:
            if utterance_id in GAPS or utterance_id not in self.download.audio:
                raise missing(utterance_id)
            raise CorpusError("has no frames of it", where=f"{TABLE}: {utterance_id}")
        subject = subject_of(utterance_id)
        if subject not in self.download.templates:
            raise CorpusError(f"has no template of subject {subject}", where=f"{TEMPLATES}: {utterance_id}")
        return self.download.rows(utterance_id)

    def _references(self) -> Iterator[tuple[str, MotionRows]]:
        """Where the motion of each sequence lies whose frames follow one another in the table of vertices."""
        for one in sorted(self.download.table):
            try:
                rows = self._rows(one)
            except CorpusError:
                continue  # noted in problems.json
            if _contiguous(rows):
                yield one, MotionRows(VERTICES, int(rows[0]), len(rows))

    def _gather(self, rows: NDArray[np.int64], path: Path) -> None:
        """Copy frames that lie apart into a file of their own, (T, V * 3) as FaceFormer has it."""
        dtype = self.download.vertices().dtype
        # Not numpy's open_memmap: where the disk is full it would end the process, and not raise.
        with new_file(path) as temporary, temporary.open("wb") as file:
            header = {"descr": dtype.str, "fortran_order": False, "shape": (len(rows), 3 * self.download.shape[1])}
            np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
            for portion in self._portions(rows):
                file.write(portion.data)

    def _portions(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.floating]]:
        """The vertices of rows, a copy of some at a time."""
        vertices = self.download.vertices()
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            yield np.ascontiguousarray(vertices[rows[first : first + _ROWS_AT_ONCE]])


def _contiguous(rows: NDArray[np.int64]) -> bool:
    return bool((np.diff(rows) == 1).all())


def _link(target: Path, link: Path) -> None:
    """A symbolic link in one step. Raises CorpusError where there can be none."""
    temporary = link.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
    try:
        temporary.symlink_to(target.absolute())
        temporary.replace(link)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CorpusError(
            f"no symbolic link to {target} can be made ({error.strerror or error})",
            where=link,
            fix="set `converted` of the corpus block to a folder on a disk that has them",
        ) from error
