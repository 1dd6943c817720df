"""The demo as a folder corpus: the embedded speech, and the head that speaks it. Made once, in KMTalk's cache.

Motion takes about 190 MB at 25 fps, so it is computed, not shipped.
"""

from __future__ import annotations

import csv
import hashlib
import pickle
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.cache import cache_folder
from kmtalk_align.corpora.demo.coarticulation import Phone
from kmtalk_align.corpora.demo.head import HEAD_FILE, Head, load_head
from kmtalk_align.corpora.demo.performance import weights
from kmtalk_align.corpora.demo.visemes import PHONES
from kmtalk_align.corpora.splits import subject_of
from kmtalk_align.errors import ArtefactError, CorpusError
from kmtalk_align.files import directory_once
from kmtalk_align.frames import frame_of

# Both have the same head; kal's is a little larger, wider, higher and deeper by these factors.
_PROPORTIONS = {"slt": (1.0, 1.0, 1.0), "kal": (1.05, 1.07, 1.04)}
_SPEECH = ("wav", "transcripts", "words", "phones")
_REGIONS = "head/regions"


def demo_folder(embedded: Path, fps: float, description: str) -> Path:
    """The folder corpus at this frame rate, from the embedded demo; made where the cache lacks it.

    Its name holds the digest of all that it is made of, and of the code that makes it. Raises CorpusError where the
    demo is not whole, or where the cache can't be written.
    """
    target = cache_folder() / f"demo-{fps:g}fps-{_digest(embedded, fps, description)}"
    if target.is_dir():
        return target
    head = load_head(embedded / HEAD_FILE)
    motions = {
        path.stem: _motion(head, path.stem, _phones(embedded, path.stem), _words(embedded, path.stem), fps)
        for path in sorted((embedded / "phones").glob("*.csv"))
    }

    def fill(folder: Path) -> None:
        for part in (*_SPEECH, _REGIONS):
            shutil.copytree(embedded / part, folder / Path(part).name, copy_function=shutil.copyfile)
        shutil.copyfile(embedded / "splits.json", folder / "splits.json")
        (folder / "README.md").write_text(f"# KMTalk's demo corpus at {fps:g} fps\n\n{description}\n", encoding="utf-8")
        templates = {subject: _of_subject(head.neutral, subject) for subject in _PROPORTIONS}
        (folder / "templates.pkl").write_bytes(pickle.dumps(templates, protocol=2))
        np.savez(folder / "mesh.npz", faces=head.faces)
        (folder / "vertices_npy").mkdir()
        for utterance_id, vertices in motions.items():
            np.save(folder / "vertices_npy" / f"{utterance_id}.npy", vertices.reshape(len(vertices), -1))

    try:
        directory_once(target, fill)
    except ArtefactError as error:
        raise CorpusError(
            f"the demo's motion can't be put there ({error.what})",
            where=target,
            fix="set the environment's KMTALK_CACHE to a folder that can be written, with 200 MB of room",
        ) from error
    return target


def _motion(head: Head, utterance_id: str, phones: list[Phone], words: list[Phone], fps: float) -> NDArray[np.float32]:
    """Vertices (T, V, 3) of a sentence, frame n at the time n / fps."""
    times_s = np.arange(frame_of(phones[-1].end_s, fps)) / fps
    posed = head.pose(weights(utterance_id, phones, [(word.start_s, word.end_s) for word in words], times_s))
    return _of_subject(posed, subject_of(utterance_id))


def _of_subject(vertices: NDArray[np.float64], subject: str) -> NDArray[np.float32]:
    own: NDArray[np.float32] = (vertices * np.array(_PROPORTIONS[subject])).astype(np.float32)
    return own


def _phones(embedded: Path, utterance_id: str) -> list[Phone]:
    path = embedded / "phones" / f"{utterance_id}.csv"
    phones = _intervals(path, "phone")
    unknown = sorted({one.label for one in phones} - set(PHONES))
    if unknown or not phones:
        raise _not_whole(path, f"there is no phone {', '.join(unknown)}" if unknown else "holds no phone")
    return phones


def _words(embedded: Path, utterance_id: str) -> list[Phone]:
    return _intervals(embedded / "words" / f"{utterance_id}.csv", "word")


def _intervals(path: Path, label: str) -> list[Phone]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [Phone(float(row["start_s"]), float(row["end_s"]), row[label]) for row in csv.DictReader(file)]
    except (OSError, KeyError, ValueError) as error:
        raise _not_whole(path, f"cannot be read ({error})") from error


def _digest(embedded: Path, fps: float, description: str) -> str:
    total = hashlib.sha256(f"{fps!r}\0{description}\n".encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        total.update(module.read_bytes())
    folders = [embedded / part for part in (*_SPEECH, _REGIONS)]
    for folder in folders:
        if not folder.is_dir():
            raise _not_whole(embedded, f"holds no folder {folder.relative_to(embedded)}/")
    files = [path for folder in folders for path in sorted(folder.iterdir())]
    for path in (*files, embedded / "splits.json", embedded / HEAD_FILE):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _not_whole(path, f"cannot be read ({error.strerror})") from error
        total.update(f"{path.relative_to(embedded)}\0{len(content)}\n".encode() + content)
    return total.hexdigest()[:16]


def _not_whole(where: Path, what: str) -> CorpusError:
    return CorpusError(what, where=where, fix="the demo comes with the project; restore it: git checkout resources")
