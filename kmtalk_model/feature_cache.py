"""The files of the feature cache: one safetensors file a shard, and how features are read from it by memory map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpus import OK
from kmtalk_align.errors import ArtefactError, KMTalkError
from kmtalk_align.files import new_file
from kmtalk_align.shards import shard_name, shard_of
from kmtalk_align.tables import FEATURE_STATUS
from kmtalk_model.encoders.base import Spoken, Stream
from kmtalk_model.resample import Resampling, streams_to_frames

# One key alone: safetensors writes several in any order, and two builds are to be equal byte for byte.
_METADATA = "kmtalk"


@dataclass(frozen=True)
class Made:
    """What a shard's features are, and what they were made from: the corpus table's digest, the encoder's weights."""

    streams: Mapping[str, Stream]
    encoder: str
    corpus_table: str
    version: int


def made_from(shard: Path, streams: Mapping[str, Stream], encoder: str, version: int) -> Made:
    """The Made of a shard of the corpus, whose table is the file `shard`. Raises ArtefactError where it is missing."""
    try:
        digest = hashlib.sha256(shard.read_bytes()).hexdigest()
    except OSError as error:
        raise ArtefactError(
            f"cannot be read ({error.strerror})", where=shard, fix="prepare the corpus first"
        ) from error
    return Made(streams, encoder, digest, version)


def features_path(folder: Path, shard: str) -> Path:
    """Where a shard's features lie: tensors `<utterance id>/<stream>`, float16 (T, d)."""
    return folder / f"{shard}.safetensors"


def status_path(folder: Path, shard: str) -> Path:
    """Where the table lies that says how each utterance of a shard came out."""
    return folder / f"{shard}.status.parquet"


def as_float16(values: NDArray[np.float32], stream: str) -> NDArray[np.float16]:
    """Features as the cache holds them, rounded to half precision. Raises KMTalkError for what it can't hold."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise KMTalkError(
            f"the features of {stream} go up to {np.abs(values).max():.3g}, beyond what float16 holds (65504)",
            fix="cache another output of the encoder",
        )
    return rounded


def write_features(folder: Path, shard: str, tensors: Mapping[str, NDArray[np.float16]], made: Made) -> None:
    """Write a shard's features, in one step. Raises ArtefactError where they can't be written."""
    from safetensors.numpy import save_file

    # safetensors writes the bytes as they lie, whatever the strides say.
    rows = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    with new_file(features_path(folder, shard)) as path:
        save_file(rows, path, metadata={_METADATA: json.dumps(asdict(made), sort_keys=True)})


def read_made(folder: Path, shard: str) -> Made | None:
    """What a shard's features were made from; None where there are none, or they are not readable."""
    try:
        return _made(_opened(features_path(folder, shard)))
    except ArtefactError:
        return None


def _opened(path: Path) -> Any:
    """A safetensors file, mapped into memory. Raises ArtefactError."""
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="numpy")
    except (OSError, SafetensorError) as error:
        raise ArtefactError(f"cannot be read ({error})", where=path, fix="make the features again") from error


def _made(file: Any) -> Made:
    values = json.loads((file.metadata() or {}).get(_METADATA, "null"))
    if values is None:
        raise ArtefactError("holds no features of kmtalk", where="safetensors file", fix="make the features again")
    streams = {name: Stream(**stream) for name, stream in values.pop("streams").items()}
    return Made(streams=streams, **values)


class FeatureCache:
    """The features of a corpus by one encoder, as the folder `features/<encoder>` holds them.

    Files are opened when first used, so that it can be handed to the workers of a data loader.
    """

    def __init__(self, folder: Path) -> None:
        """Raises ArtefactError where the folder holds no features, or those of two numbers of shards."""
        self.folder = folder
        counts = {path.name.partition(".")[0].rpartition("-")[2] for path in folder.glob("*.safetensors")}
        if len(counts) != 1:
            what = "holds no features" if not counts else f"holds shards of several cuts: {', '.join(sorted(counts))}"
            raise ArtefactError(what, where=folder, fix="run `kmtalk features`, or snakemake")
        self._shards = int(counts.pop())
        self._files: dict[str, Any] = {}
        self._spoken: dict[str, dict[str, Spoken]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}

    @cached_property
    def streams(self) -> Mapping[str, Stream]:
        """The streams that every utterance has."""
        return _made(_opened(self._paths()[0])).streams

    def read(self, utterance_id: str, stream: str) -> NDArray[np.float16]:
        """One stream (T, d) at the encoder's own rate. Raises ArtefactError where the utterance has no features."""
        shard = self._shard_of(utterance_id)
        if shard not in self._files:
            self._files[shard] = _opened(features_path(self.folder, shard))
        try:
            found: NDArray[np.float16] = self._files[shard].get_tensor(f"{utterance_id}/{stream}")
        except Exception as error:  # safetensors raises its own error, of no public type, for a key that is not there
            raise ArtefactError(
                f"there are no features {stream!r} of {utterance_id}",
                where=features_path(self.folder, shard),
                fix=f"streams: {', '.join(self.streams)}; {status_path(self.folder, shard).name} says what failed",
            ) from error
        return found

    def at_frames(
        self,
        utterance_id: str,
        n_frames: int,
        fps: float,
        how: Resampling = "interpolate",
        streams: Sequence[str] | None = None,
    ) -> NDArray[np.float32]:
        """The named streams, or all, at the frames of an animation, side by side: (n_frames, d)."""
        names = self.streams if streams is None else streams
        features = {name: self.read(utterance_id, name) for name in names}
        return streams_to_frames(features, {name: self.streams[name] for name in names}, n_frames, fps, how)

    def failures(self) -> dict[str, str]:
        """The utterances that have no features, and why. Raises ArtefactError where a status table can't be read."""
        tables = [FEATURE_STATUS.read(status_path(self.folder, path.stem)) for path in self._paths()]
        return {row["utterance_id"]: row["message"] for table in tables for row in table if row["status"] != OK}

    def spoken(self, utterance_id: str) -> Spoken:
        """What the CTC network heard. Raises ArtefactError where the encoder has none, or failed."""
        shard = self._shard_of(utterance_id)
        if shard not in self._spoken:
            rows = FEATURE_STATUS.read(status_path(self.folder, shard))
            self._spoken[shard] = {
                row["utterance_id"]: Spoken(tuple(row["ctc_ids"]), row["ctc_text"])
                for row in rows
                if row["ctc_ids"] is not None
            }
        if utterance_id not in self._spoken[shard]:
            raise ArtefactError(
                f"no CTC network heard {utterance_id}",
                where=status_path(self.folder, shard),
                fix="ask for the output ctc of a wav2vec2 encoder; the table says what failed",
            )
        return self._spoken[shard][utterance_id]

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"))

    def _shard_of(self, utterance_id: str) -> str:
        return shard_name(shard_of(utterance_id, self._shards), self._shards)
