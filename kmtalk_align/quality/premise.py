"""The premise of KMTalk, Sec. 3.2: "pronounced articulatory actions ... are identifiable at phoneme boundaries".

If so, the face moves faster, or turns more sharply, at the frames of phone boundaries than at other frames of speech.
Two controls: as many frames spread evenly over the same speech, and the boundaries shifted by some frames.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import stage
from kmtalk_align.aligners.base import Alignment
from kmtalk_align.corpus import OK, Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.motion import vertices
from kmtalk_align.quality.statistics import Interval95, bootstrap
from kmtalk_align.results import Shard
from kmtalk_align.selectors import phone_boundary_frames, uniform_frames
from kmtalk_align.stage import Row, failed_columns

Array = NDArray[np.float64]
OFFSETS = tuple(range(-6, 7))
_ORDER = ("speed", "acceleration", "mouth opening")
# A mean over fewer frames says nothing.
_FEWEST_FRAMES = 3


@dataclass(frozen=True)
class Mesh:
    """What of a corpus' mesh is looked at: the vertices of a region (all where None), and the mouth opening's pair."""

    region: str
    indices: tuple[int, ...] | None
    mouth_opening: tuple[int, int] | None

    @classmethod
    def of(cls, corpus: Mapping[str, Any]) -> Mesh | None:
        """The lips of a corpus where it names them, else all vertices; None for an audio corpus."""
        if not corpus.get("vertex_count"):
            return None
        lips = corpus.get("regions", {}).get("lips")
        pair = corpus.get("mouth_opening")
        return cls("lips" if lips else "all vertices", tuple(lips) if lips else None, tuple(pair) if pair else None)


@dataclass(frozen=True)
class Tested:
    """A quantity over all clips of an alignment, of so many subjects.

    at_boundaries, elsewhere: means over clips, in the corpus' unit by second (squared); ratios: geometric means over
    clips of boundaries over elsewhere, of uniform frames over the others, and of the first over the second; offsets:
    means at shifted boundaries over those at all frames, likewise shifted.
    """

    aligned: str
    quantity: str
    subjects: int
    at_boundaries: float
    elsewhere: float
    ratios: Interval95
    offsets: Interval95


def pooled(rows: Sequence[Row]) -> list[Tested]:
    """The clips of the table PREMISE taken together, by alignment and quantity, in their order there."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["status"] == OK:
            groups.setdefault((row["aligned"], row["quantity"]), []).append(row)
    found = []
    for (aligned, quantity), members in sorted(groups.items(), key=lambda one: (one[0][0], _ORDER.index(one[0][1]))):
        boundaries = np.log([row["at_boundaries"] / row["elsewhere"] for row in members])
        uniform = np.log([row["at_uniform"] / row["off_uniform"] for row in members])
        logs = bootstrap(np.stack([boundaries, uniform, boundaries - uniform], axis=1))
        found.append(
            Tested(
                aligned,
                quantity,
                len({row["subject"] for row in members}),
                float(np.mean([row["at_boundaries"] for row in members])),
                float(np.mean([row["elsewhere"] for row in members])),
                Interval95(logs.n, np.exp(logs.mean), np.exp(logs.low), np.exp(logs.high)),
                bootstrap(np.array([row["at_offsets"] for row in members], dtype=float)),
            )
        )
    return found


def movement(motion: NDArray[np.floating], mesh: Mesh, fps: float) -> dict[str, Array]:
    """How a face moves at each frame (T,), from its vertices (T, V, 3); NaN at the two ends.

    speed: |x[t+1] - x[t-1]| fps / 2, the mean over the region's vertices, in units a second; acceleration:
    |x[t+1] - 2 x[t] + x[t-1]| fps^2, likewise, in units a second squared; mouth opening: as speed, of the distance
    between the two inner lips.
    """
    region = motion if mesh.indices is None else motion[:, list(mesh.indices)]
    region = np.asarray(region, dtype=np.float64)
    found = {
        "speed": _inner(np.linalg.norm(region[2:] - region[:-2], axis=-1).mean(1) * fps / 2),
        "acceleration": _inner(np.linalg.norm(region[2:] - 2 * region[1:-1] + region[:-2], axis=-1).mean(1) * fps**2),
    }
    if mesh.mouth_opening is not None:
        lips = np.asarray(motion[:, list(mesh.mouth_opening)], dtype=np.float64)
        opening = np.linalg.norm(lips[:, 0] - lips[:, 1], axis=-1)
        found["mouth opening"] = _inner(np.abs(opening[2:] - opening[:-2]) * fps / 2)
    return found


def contrast(moves: Array, boundaries: Sequence[int]) -> Row | None:
    """Means of a quantity (T,) at boundary frames, elsewhere in speech, and at the controls' frames.

    Speech is from the first to the last of `boundaries`, sorted and unique. None where there are too few frames on
    either side.
    """
    usable = [frame for frame in boundaries if 1 <= frame < len(moves) - 1]
    if not usable:
        return None
    first, last = usable[0], usable[-1]
    inside = moves[first : last + 1]
    at = np.zeros(len(inside), dtype=bool)
    at[np.array(usable) - first] = True
    uniform = np.zeros(len(inside), dtype=bool)
    uniform[uniform_frames(len(inside), len(usable))] = True
    if min(at.sum(), (~at).sum()) < _FEWEST_FRAMES:
        return None
    return {
        "boundary_frames": int(at.sum()),
        "other_frames": int((~at).sum()),
        "at_boundaries": float(inside[at].mean()),
        "elsewhere": float(inside[~at].mean()),
        "at_uniform": float(inside[uniform].mean()),
        "off_uniform": float(inside[~uniform].mean()),
        "at_offsets": _shifted(inside, at),
    }


def _shifted(inside: Array, at: NDArray[np.bool_]) -> list[float]:
    """At each of OFFSETS, the mean of a quantity (S,) at boundaries so shifted over that at all frames so shifted.

    Boundaries and frames are those from which every offset stays within speech. Both are shifted, since a face is
    slower towards the end of a sentence: without that, every boundary would seem to come after something fast. NaN
    where there are too few boundaries.
    """
    reach = max(OFFSETS)
    frames = np.arange(reach, len(inside) - reach)
    boundaries = frames[at[frames]]
    if len(boundaries) < _FEWEST_FRAMES:
        return [float("nan")] * len(OFFSETS)
    offsets = np.array(OFFSETS)
    with np.errstate(invalid="ignore"):  # of a face that does not move
        means = inside[boundaries[:, None] + offsets].mean(0) / inside[frames[:, None] + offsets].mean(0)
    found: list[float] = means.tolist()
    return found


def premise_of(shard: Shard, aligned: Sequence[str], root: Path, mesh: Mesh) -> Iterator[Row]:
    """The rows of the table PREMISE of a shard, clip by clip: only the motion of one is in memory."""
    for utterance_id, corpus_row in shard.utterances.items():
        utterance = stage.utterance_of(corpus_row)
        if utterance.status != OK or utterance.motion is None:
            continue
        ours = {name: shard.alignments(name).get(utterance_id) for name in aligned}
        blank = _blank(utterance, mesh)
        try:
            motion = vertices(utterance.motion, root, n_frames=utterance.n_frames)
            moves = movement(motion, mesh, utterance.fps)
        except ArtefactError as error:
            message = str(error).replace(f"{root}{os.sep}", "")  # where the corpus lies is no part of a result
            yield from (blank | {"aligned": name} | failed_columns(message) for name in ours)
            continue
        for name, alignment in ours.items():
            yield from (blank | {"aligned": name} | row for row in _rows(moves, alignment, utterance))


def _rows(moves: Mapping[str, Array], alignment: Alignment | None, utterance: Utterance) -> Iterator[Row]:
    if alignment is None:
        yield failed_columns("was not aligned")
        return
    found = phone_boundary_frames(alignment.phones, utterance.fps)
    boundaries = sorted({min(max(frame, 0), utterance.n_frames - 1) for frame in found})
    for quantity, values in moves.items():
        means = contrast(values, boundaries)
        if means is None:
            yield {"quantity": quantity} | failed_columns("has too few frames at, or between, phone boundaries")
        elif not means["at_boundaries"] * means["elsewhere"] * means["at_uniform"] * means["off_uniform"] > 0:
            yield {"quantity": quantity} | failed_columns("does not move, or its motion is not finite")
        else:
            yield {"quantity": quantity, "status": OK, "message": ""} | means


def _blank(utterance: Utterance, mesh: Mesh) -> Row:
    numbers = ("boundary_frames", "other_frames", "at_boundaries", "elsewhere", "at_uniform", "off_uniform")
    named = {"utterance_id": utterance.utterance_id, "subject": utterance.subject, "region": mesh.region}
    return named | {"quantity": ""} | dict.fromkeys(numbers) | {"at_offsets": []}


def _inner(values: Array) -> Array:
    """Values of all frames but the two ends, with NaN for these."""
    return np.concatenate([[np.nan], values, [np.nan]])
