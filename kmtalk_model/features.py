"""Stage `features`: shards of the corpus -> audio features by encoder, cached for the networks."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align import stage
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import OK
from kmtalk_align.errors import KMTalkError
from kmtalk_align.files import check_room
from kmtalk_align.shards import remove_other_cuts
from kmtalk_align.stage import Row
from kmtalk_align.tables import CORPUS, FEATURE_STATUS
from kmtalk_model.encoders import Encoded, Encoder
from kmtalk_model.encoders.base import one_core_each
from kmtalk_model.feature_cache import Made, as_float16, made_from, read_made, status_path, write_features

VERSION = 1
_Batch = Future[dict[str, "Encoded | Exception"]]
_log = logging.getLogger(__name__)


def features(shards: Sequence[Path], encoder: Encoder, root: Path, output: Path, *, threads: int = 1) -> None:
    """Write the features of each shard's utterances to the folder `output`; the encoder is loaded once for all,
    and works on `threads` batches at a time.

    A shard that has its features already, of the same corpus table by the same weights, is passed over: a run that was
    broken off goes on where it was. Raises KMTalkError where all utterances of a shard fail, ArtefactError where a
    table can't be read or written, or the disk has not the room.
    """
    todo = {shard: made for shard in shards if not _is_made(shard, made := made_of(shard, encoder), output)}
    if len(todo) < len(shards):
        _log.info("%d of %d shards have their features already", len(shards) - len(todo), len(shards))
    rows = {shard: CORPUS.read(shard) for shard in todo}
    check_room(output, size_of([row for own in rows.values() for row in own], encoder), of="the features")
    with ThreadPoolExecutor(threads, initializer=one_core_each) as pool:
        for shard, made in todo.items():
            encoded = _Ahead(rows[shard], encoder, root, pool, threads)
            _write_shard(shard.stem, rows[shard], encoded, output, made)
            remove_other_cuts(status_path(output, shard.stem))


def made_of(shard: Path, encoder: Encoder) -> Made:
    """What the features of a shard are made from and by."""
    return made_from(shard, encoder.streams, encoder.identity, VERSION)


def size_of(rows: Sequence[Row], encoder: Encoder) -> int:
    """Bytes on disk of the features of corpus rows, to within the rounding of a token."""
    lengths = [row["duration_s"] for row in rows if row["status"] == OK]
    total = sum(stream.bytes_of(length) for length in lengths for stream in encoder.streams.values())
    _log.info("%d utterances, %.1f min: %.1f MB of features on disk", len(lengths), sum(lengths) / 60, total / 1e6)
    return total


def _is_made(shard: Path, made: Made, output: Path) -> bool:
    return status_path(output, shard.stem).is_file() and read_made(output, shard.stem) == made


def _write_shard(name: str, rows: list[Row], encoded: _Ahead, output: Path, made: Made) -> None:
    tensors: dict[str, NDArray[np.float16]] = {}

    def work(row: Row) -> Row:
        found = encoded.of(row)
        for stream, values in found.features.items():
            tensors[f"{row['utterance_id']}/{stream}"] = as_float16(values, stream)
        heard = found.spoken
        columns = {"ctc_ids": list(heard.ids) if heard else None, "ctc_text": heard.text if heard else None}
        return {"utterance_id": row["utterance_id"], **columns, "status": OK, "message": ""}

    def failed(row: Row, message: str) -> Row:
        blank = {"utterance_id": row["utterance_id"], "ctc_ids": None, "ctc_text": None}
        return blank | stage.failed_columns(message)

    items = [(row, stage.failure(row)) for row in rows]
    results = stage.work_through("features", items, work, failed)
    write_features(output, name, tensors, made)
    FEATURE_STATUS.write(status_path(output, name), results)


class _Ahead:
    """Decodes and encodes in batches, some of them ahead, what is asked for one by one and in order.

    Whatever goes wrong with an utterance is raised for it alone.
    """

    def __init__(self, rows: list[Row], encoder: Encoder, root: Path, pool: ThreadPoolExecutor, threads: int) -> None:
        def work(batch: list[Row]) -> dict[str, Encoded | Exception]:
            return _decoded_and_encoded(batch, encoder, root)

        self._batches = batched((row for row in rows if row["status"] == OK), encoder.batch_size)
        self._start: Callable[[list[Row]], _Batch] = lambda batch: pool.submit(work, batch)
        self._coming: deque[_Batch] = deque(map(self._start, islice(self._batches, 2 * threads)))
        self._ready: dict[str, Encoded | Exception] = {}

    def of(self, row: Row) -> Encoded:
        """The features of a row. Raises what decoding or encoding it raised."""
        while row["utterance_id"] not in self._ready:
            self._ready |= self._coming.popleft().result()
            self._coming.extend(map(self._start, islice(self._batches, 1)))
        found = self._ready.pop(row["utterance_id"])
        if isinstance(found, Exception):
            raise found
        return found


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most `size` rows. (itertools.batched comes with Python 3.12.)"""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _decoded_and_encoded(rows: list[Row], encoder: Encoder, root: Path) -> dict[str, Encoded | Exception]:
    found: dict[str, Encoded | Exception] = {}
    sounds: dict[str, Samples] = {}
    for row in rows:
        try:
            sounds[row["utterance_id"]] = stage.sound_of(stage.utterance_of(row), root)
        except KMTalkError as error:
            found[row["utterance_id"]] = error
    return found | _encoded(encoder, sounds)


def _encoded(encoder: Encoder, sounds: dict[str, Samples]) -> dict[str, Encoded | Exception]:
    """Features by id; where the batch fails, each is tried alone."""
    try:
        return dict(zip(sounds, encoder.encode(list(sounds.values())), strict=True))
    except Exception as error:  # a backend may raise anything
        if len(sounds) == 1:
            return dict.fromkeys(sounds, error)
    return {one: found for only in sounds for one, found in _encoded(encoder, {only: sounds[only]}).items()}
