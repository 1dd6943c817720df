"""Where the files of a sequence lie in BIWI's download, its outer archives (faces0*.tgz, rest.tgz, ...) being unpacked.

    faces/<subject>/<sequence>.tar      frame_001.vl and on; also .tar.gz, or unpacked to faces/<subject>/<sequence>/,
                                        or a whole subject's folders in faces/<subject>.tar
    rigid_scans/<subject>.obj           the subject's template; also faces/<subject>.obj
    videos/<subject>_<sequence>.flv     whose sound the published processing takes; where there is none,
                                        audio/<subject>_<sequence>_cut.wav or wav/<subject>_<sequence>.wav

Source: Doubiiu/CodeTalker BIWI/README.md, uuembodiedsocialai/FaceDiffuser data/BIWI/ForProcessing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align import audio
from kmtalk_align.corpora.listing import check_root
from kmtalk_align.errors import CorpusError

# A subject's folder has a .tgz beside each sequence's .tar, which is said to hold other things: it is looked at last.
_TARS = (".tar", ".tar.gz")
_VIDEOS = (".flv", *audio.SUFFIXES)


@dataclass(frozen=True)
class SequenceFiles:
    """The files of one sequence; None for what isn't there.

    frames: a folder, an archive, or, where `shared`, an archive of the subject's sequences.
    """

    subject: str
    sequence: str
    frames: Path | None
    shared: bool
    template: Path | None
    sound: Path | None

    def stamp(self, root: Path) -> str:
        """A digest of the files' paths, sizes and times: it changes where one of them does."""
        total = hashlib.sha256()
        for path in (self.frames, self.template, self.sound):
            for one in _files(path):
                status = one.stat()
                total.update(f"{one.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
            total.update(b"\n")
        return total.hexdigest()


def check_download(root: Path) -> None:
    """Raise CorpusError where a folder isn't the download, or is still packed."""
    check_root(root)
    if (root / "faces").is_dir():
        return
    packed = sorted(path.name for pattern in ("faces*.tgz", "faces*.tar*") for path in root.glob(pattern))
    if packed:
        raise CorpusError(
            f"the download is still packed: {', '.join(packed)}",
            where=root.absolute(),
            fix="unpack its archives there (for one in *.tgz; do tar -xzf $one; done); those inside stay as they are",
        )
    raise CorpusError(
        "holds neither faces/, as BIWI's download does, nor wav/ and vertices_npy/, as CodeTalker's processing gives",
        where=root.absolute(),
        fix="set corpus.root to the folder of the data set",
    )


def sequence_files(root: Path, subject: str, sequence: str) -> SequenceFiles:
    """The files of one sequence."""
    own = root / "faces" / subject / sequence
    alone = _first([*(_with(own, suffix) for suffix in _TARS), own, _with(own, ".tgz")])
    together = _first([_with(own.parent, suffix) for suffix in (*_TARS, ".tgz")])
    stem = f"{subject}_{sequence}"
    return SequenceFiles(
        subject=subject,
        sequence=sequence,
        frames=alone or together,
        shared=alone is None and together is not None,
        template=_first([root / part / f"{subject}.obj" for part in ("rigid_scans", "faces")]),
        sound=_first(
            [
                *(root / "videos" / f"{stem}{suffix}" for suffix in _VIDEOS),
                root / "audio" / f"{stem}_cut.wav",
                *(root / "wav" / f"{stem}{suffix}" for suffix in audio.SUFFIXES),
            ]
        ),
    )


def _first(paths: list[Path]) -> Path | None:
    return next((path for path in paths if path.exists()), None)


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _files(path: Path | None) -> Iterator[Path]:
    if path is None:
        return
    if not path.is_dir():
        yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())
