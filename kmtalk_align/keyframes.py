"""Stage `keyframes`: alignments -> key frame indices (KMTalk Sec. 3.2, Phoneme-based Localization)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align import stage
from kmtalk_align.aligners.base import Interval
from kmtalk_align.corpus import OK
from kmtalk_align.selectors import Selector, Source, finish
from kmtalk_align.stage import Row
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES

VERSION = 1


@dataclass(frozen=True)
class KeyFrames:
    """Key frame indices of an utterance: 0-based, sorted, unique, each below `n_frames`; and what they come from."""

    indices: tuple[int, ...]
    source: Source
    n_frames: int
    fps: float

    @property
    def ratio(self) -> float:
        """The share of frames that are key frames."""
        return len(self.indices) / self.n_frames


def key_frames(
    selector: Selector, utterance_id: str, n_frames: int, fps: float, phones: list[Interval] | None
) -> KeyFrames:
    """The key frames of an utterance; `phones` is None where aligning failed."""
    chosen = selector.choose(utterance_id, n_frames, fps, phones)
    indices = finish(chosen.frames, n_frames, offset=selector.offset, anchor_ends=selector.anchor_ends)
    return KeyFrames(tuple(indices), chosen.source, n_frames, fps)


def write_key_frames(shard: Path, alignments: Path, selector: Selector, output: Path) -> None:
    """Write the key frames of a shard's utterances. Raises ArtefactError where a table can't be read or written.

    Where aligning failed the frames are a fallback, and the row's message says why.
    """
    phones: dict[str, list[Interval]] = defaultdict(list)
    messages: dict[str, str] = {}
    for one in ALIGNMENTS.read(alignments):
        if one["status"] != OK:
            messages[one["utterance_id"]] = one["message"]
        elif one["tier"] == "phones":
            phones[one["utterance_id"]].append(Interval(one["start_s"], one["end_s"], one["label"]))

    def work(row: Row) -> Row:
        utterance_id = row["utterance_id"]
        found = key_frames(selector, utterance_id, row["n_frames"], row["fps"], phones.get(utterance_id))
        return _row(row) | {
            "key_frames": list(found.indices),
            "source": found.source,
            "status": OK,
            "message": messages.get(utterance_id, ""),
        }

    def failed(row: Row, message: str) -> Row:
        return _row(row) | {"key_frames": [], "source": None} | stage.failed_columns(message)

    rows = [(row, stage.failure(row)) for row in CORPUS.read(shard)]
    KEY_FRAMES.write(output, stage.work_through("keyframes", rows, work, failed))


def _row(row: Row) -> Row:
    return {key: row[key] for key in ("utterance_id", "fps", "n_frames")}
