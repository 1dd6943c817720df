"""Corpus `folder`: the layout that FaceFormer, CodeTalker and SelfTalk use, or a folder of speech alone.

    wav/<id>.<any audio suffix>   vertices_npy/<id>.npy (T, V * 3) or (T, V, 3)   templates.pkl {subject: (V, 3)}
    splits.json {split: [id]}     transcripts/<id>.txt   regions/<name>.txt   mesh.npz | *.ply | *.obj
    problems.json {id: why it can't be used}   motion_rows.json: motions that lie in one file together (motions.py)

A corpus without any motion is an audio corpus. In spite of its name, `wav/` holds any format that `audio` decodes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from kmtalk_align.audio import SUFFIXES
from kmtalk_align.corpora import mesh
from kmtalk_align.corpora.conversion import read_problems
from kmtalk_align.corpora.examine import SLACK_FRAMES, FolderFiles, examine
from kmtalk_align.corpora.listing import by_stem, check_root
from kmtalk_align.corpora.motions import list_motions
from kmtalk_align.corpora.splits import SplitRule, read_splits
from kmtalk_align.corpora.templates import read_templates
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import ConfigError, CorpusError


@dataclass(frozen=True)
class FolderCorpus:
    """The config of a folder corpus.

    fps: frames per second of the motion as later steps see it, after `motion_stride` (every n-th frame of the files);
    slack_frames: by so many of them a recording and its motion may differ, the shorter of which counts;
    unit: of the vertices ("metre"); shards: how many portions the work is cut into; include, exclude: utterance ids,
    or the path of a text file with one id a line; splits: FaceFormer's stem rule, used where there is no splits.json;
    description: what a reader of any result must know of the data; motion_name: what its motion is called.
    """

    name: str
    root: str
    type: str = "folder"
    fps: float = 25.0
    unit: str = "metre"
    language: str = "en"
    shards: int = 8
    motion_stride: int = 1
    slack_frames: int = SLACK_FRAMES
    mouth_opening: tuple[int, int] | None = None
    include: tuple[str, ...] | str = ()
    exclude: tuple[str, ...] | str = ()
    splits: Mapping[str, SplitRule] = field(default_factory=dict)
    description: str = ""
    motion_name: str = "captured"

    def root_folder(self) -> Path:
        """The data set's folder."""
        return Path(self.root)

    def open(self, absent: Mapping[str, str] = MappingProxyType({})) -> Corpus:
        """List the folder. Raises CorpusError where it is no corpus.

        absent: what to say of utterances, by id, that should be there and of which the folder holds nothing.
        """
        root = self.root_folder()
        if not (self.fps > 0 and math.isfinite(self.fps) and self.motion_stride >= 1):
            raise ConfigError(
                f"fps is {self.fps}, motion_stride {self.motion_stride}",
                where="corpus block",
                fix="fps is above 0, motion_stride 1 or more",
            )
        check_root(root)
        if not (root / "wav").is_dir():
            raise CorpusError(
                "holds no folder wav/", where=root.absolute(), fix="set corpus.root to the folder of the data set"
            )
        motions = list_motions(root)
        has_motion = motions is not None
        templates = read_templates(root / "templates.pkl") if has_motion else {}
        vertex_count = next((len(template) for template in templates.values()), 0)
        mesh.check_mouth_opening(self.mouth_opening if has_motion else None, vertex_count, "corpus block")
        splits = read_splits(root / "splits.json") if (root / "splits.json").is_file() else None
        recordings = by_stem(root / "wav", SUFFIXES)
        there = {*recordings, *(motions or ())}
        files = FolderFiles(
            root=root,
            recordings=recordings,
            motions=motions,
            splits=splits,
            rules=self.splits,
            templates=templates,
            fps=self.fps,
            stride=self.motion_stride,
            slack_frames=self.slack_frames,
            language=self.language,
            problems={one: absent[one] for one in absent.keys() - there} | read_problems(root),
        )
        return Corpus(
            name=self.name,
            root=root,
            fps=self.fps,
            unit=self.unit,
            utterance_ids=self._chosen(files.ids()),
            examine=partial(examine, files),
            templates=templates,
            faces=mesh.read_faces(root, vertex_count) if has_motion else None,
            regions=mesh.read_regions(root, vertex_count) if has_motion else {},
            mouth_opening=self.mouth_opening if has_motion else None,
            description=self.description,
            motion_name=self.motion_name,
        )

    def _chosen(self, ids: list[str]) -> list[str]:
        include, exclude = _id_list(self.include, "include"), _id_list(self.exclude, "exclude")
        absent = sorted((include | exclude) - set(ids))
        if absent:
            raise CorpusError(
                f"there is no utterance {', '.join(absent[:5])}" + (" ..." if len(absent) > 5 else ""),
                where="corpus block, include and exclude",
                fix="correct the id, or take it out of the list",
            )
        chosen = [one for one in ids if (not include or one in include) and one not in exclude]
        if not chosen:
            raise CorpusError("holds no utterance", where=Path(self.root).absolute(), fix="see include and exclude")
        return chosen


def _id_list(given: tuple[str, ...] | str, key: str) -> set[str]:
    if not isinstance(given, str):
        return set(given)
    try:
        return {line.strip() for line in Path(given).read_text(encoding="utf-8-sig").splitlines() if line.strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"cannot be read ({error})", where=f"corpus block, {key}: {given}") from error
