"""Looking at one utterance of a folder corpus: its recording, its motion, its transcript, and how they fit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import audio
from kmtalk_align.corpora.motions import MotionRows, motion_digest, motion_of
from kmtalk_align.corpora.splits import UNASSIGNED, SplitRule, split_by_rule, subject_of
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import CorpusError, KMTalkError
from kmtalk_align.files import encode_id, find_for_id
from kmtalk_align.frames import frame_of

# By so many frames a recording and its motion may differ, if the corpus doesn't say otherwise.
SLACK_FRAMES = 2
_LONGEST_FILE_NAME = 200


@dataclass(frozen=True)
class FolderFiles:
    """What a folder corpus holds, listed once: recordings and motions by stem, splits, templates (V, 3) by subject.

    recordings: file names in wav/; motions: files below the root, or rows of such; problems: why utterances can't be
    used, by id, as whoever made the folder found; slack_frames: by so many a recording and its motion may differ.
    """

    root: Path
    recordings: Mapping[str, list[str]]
    motions: Mapping[str, list[str | MotionRows]] | None
    splits: Mapping[str, list[str]] | None
    rules: Mapping[str, SplitRule]
    templates: Mapping[str, NDArray[np.float32]]
    fps: float
    stride: int
    language: str
    slack_frames: int = SLACK_FRAMES
    problems: Mapping[str, str] = field(default_factory=dict)

    def ids(self) -> list[str]:
        """Every id that a recording, a motion, splits.json or problems.json names, sorted."""
        return sorted({*self.recordings, *(self.motions or ()), *(self.splits or ()), *self.problems})


def examine(files: FolderFiles, utterance_id: str) -> Utterance:
    """The utterance as the folder holds it; whatever is wrong with it makes a failed row, never an exception."""
    names = files.recordings.get(utterance_id, [])
    blank = Utterance(
        utterance_id=utterance_id,
        subject=subject_of(utterance_id),
        split=_split(files, utterance_id),
        audio_path=f"wav/{names[0]}" if names else "",
        fps=files.fps,
        language=files.language,
    )
    if utterance_id in files.problems:
        return blank.failed(files.problems[utterance_id])
    try:
        return _examined(files, blank)
    except KMTalkError as error:
        # Where the corpus lies is no part of its tables.
        return blank.failed(str(error).replace(f"{files.root}/", ""))
    except OSError as error:
        return blank.failed(f"{utterance_id}: a file cannot be read ({error})")


def _examined(files: FolderFiles, utterance: Utterance) -> Utterance:
    _check_names(files, utterance)
    transcript = _transcript(files.root, utterance.utterance_id)
    recording_path = files.root / utterance.audio_path
    recording = audio.measure(recording_path)
    frames = frame_of(recording.duration_s, files.fps)
    motion, stored = None, None
    if files.motions is not None:
        stored = files.motions[utterance.utterance_id][0]
        motion, rows = motion_of(files.root, stored, _template(files, utterance), files.stride)
        if abs(frames - rows) > files.slack_frames:
            raise CorpusError(
                f"the recording is {frames} frames long, the motion {rows}",
                where=utterance.utterance_id,
                fix=f"check fps ({files.fps:g}), motion_stride ({files.stride}), and that the two belong together; "
                f"slack_frames ({files.slack_frames}) says how far they may differ",
            )
        frames = min(frames, rows)
    if frames < 1:
        raise CorpusError("is shorter than one frame", where=recording_path)
    return replace(
        utterance,
        motion=motion,
        n_frames=frames,
        duration_s=recording.duration_s,
        sample_rate=recording.sample_rate,
        transcript=transcript,
        digest=_digest(files.root, recording_path, stored, transcript),
    )


def _check_names(files: FolderFiles, utterance: Utterance) -> None:
    one = utterance.utterance_id
    if len(encode_id(one)) > _LONGEST_FILE_NAME:
        raise CorpusError("the id is too long for a file name", where=one, fix="rename its files")
    for names in (files.recordings.get(one, []), (files.motions or {}).get(one, [])):
        if len(names) > 1:
            raise CorpusError(
                f"the id is not unique: {', '.join(map(str, names))}", where=one, fix="keep one of the files"
            )
    splits = (files.splits or {}).get(one, [])
    if len(splits) > 1:
        raise CorpusError(f"is listed more than once: {', '.join(splits)}", where=f"splits.json: {one}")
    if not utterance.audio_path:
        raise CorpusError("has no recording", where=one, fix=f"add wav/{one}.wav, or exclude the utterance")
    if files.motions is not None and one not in files.motions:
        raise CorpusError(
            "has a recording and no motion", where=one, fix=f"add vertices_npy/{one}.npy, or exclude the utterance"
        )


def _template(files: FolderFiles, utterance: Utterance) -> NDArray[np.float32]:
    if utterance.subject not in files.templates:
        raise CorpusError(
            f"there is no template for subject {utterance.subject!r}",
            where=utterance.utterance_id,
            fix="add it to templates.pkl, or exclude the utterance",
        )
    return files.templates[utterance.subject]


def _transcript(root: Path, utterance_id: str) -> str | None:
    path = find_for_id(root / "transcripts", utterance_id, ".txt")
    if path is None:
        return None
    try:
        return " ".join(path.read_text(encoding="utf-8-sig").split())
    except UnicodeDecodeError as error:
        raise CorpusError(f"is not UTF-8 text ({error})", where=path, fix="save it as UTF-8") from error


def _split(files: FolderFiles, utterance_id: str) -> str:
    if files.splits is not None:
        return files.splits.get(utterance_id, [UNASSIGNED])[0]
    return split_by_rule(utterance_id, files.rules)


def _digest(root: Path, recording: Path, motion: str | MotionRows | None, transcript: str | None) -> str:
    total = hashlib.sha256()
    with recording.open("rb") as file:
        total.update(hashlib.file_digest(file, "sha256").digest())
    if motion is not None:
        total.update(motion_digest(root, motion))
    total.update(b"\0" if transcript is None else b"\1" + transcript.encode())
    return total.hexdigest()
