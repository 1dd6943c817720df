"""Stage `prepare`: a corpus as its owner keeps it -> corpus.json, templates.safetensors and one table a shard."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kmtalk_align import progress, shards
from kmtalk_align.corpora.splits import counts_by_split
from kmtalk_align.corpus import FAILED, OK, Corpus, Utterance
from kmtalk_align.errors import CorpusError
from kmtalk_align.files import write_bytes, write_bytes_if_changed
from kmtalk_align.tables import CORPUS

VERSION = 2
_log = logging.getLogger(__name__)


def prepare(corpus: Corpus, output: Path, *, n_shards: int, threads: int = 1) -> Counter[str]:
    """Examine every utterance and write the corpus' artefacts to the folder `output`; gives counts by status.

    A shard's table that comes out as it was is left untouched, so that nothing below it is made again; corpus.json is
    written last and says that the rest is whole. Memory grows with one shard, not with the corpus.
    Raises CorpusError where no utterance of the whole corpus can be used.
    """
    members: dict[str, list[str]] = {name: [] for name in shards.shard_names(n_shards)}
    for utterance_id in sorted(corpus.utterance_ids):
        members[shards.shard_name(shards.shard_of(utterance_id, n_shards), n_shards)].append(utterance_id)
    counts: Counter[str] = Counter()
    splits: list[tuple[str, bool]] = []
    examples: list[str] = []
    with ThreadPoolExecutor(threads) as pool, progress.bar("prepare", len(corpus.utterance_ids)) as advance:
        for name, ids in members.items():
            rows: list[Utterance] = []
            for utterance in pool.map(corpus.examine, ids):
                rows.append(utterance)
                advance()
            counts.update(row.status for row in rows)
            splits += [(row.split, row.status == OK) for row in rows]
            examples += [row.message for row in rows if row.status == FAILED][: 5 - len(examples)]
            CORPUS.write(output / f"{name}.parquet", map(dataclasses.asdict, rows), only_if_changed=True)
    if not counts[OK]:
        first = f"; the first: {examples[0]}" if examples else ""
        raise CorpusError(f"none of the {counts[FAILED]} utterances can be used{first}", where=corpus.root)
    shards.remove_other_cuts(output / f"{next(iter(members))}.parquet")
    _write_templates(corpus, output / "templates.safetensors")
    _log.info("usable: %s", counts_by_split(splits))
    usable = Counter(split for split, is_usable in splits if is_usable)
    summary = corpus.summary() | {"shards": list(members), "utterances": dict(counts), "splits": dict(usable)}
    write_bytes(output / "corpus.json", (json.dumps(summary, sort_keys=True) + "\n").encode())
    return counts


def fingerprint(root: Path, lists: tuple[Path, ...] = ()) -> str:
    """A digest of the names, sizes and times of all files of a corpus: whether `prepare` must look again.

    It reads no file's content. A folder that is missing gives a digest too; `prepare` says what is wrong with it.
    """
    total = hashlib.sha256()
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        subfolders[:] = sorted(one for one in subfolders if os.path.realpath(Path(folder, one)) not in seen)
        seen.update(os.path.realpath(Path(folder, one)) for one in subfolders)
        for name in sorted(names):
            path = Path(folder, name)
            status = path.stat() if path.exists() else path.lstat()
            place = Path(folder).relative_to(root)
            total.update(f"{place}/{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    for path in lists:
        total.update(path.read_bytes() if path.is_file() else b"missing")
    return total.hexdigest()


def _write_templates(corpus: Corpus, path: Path) -> None:
    from safetensors.numpy import save

    write_bytes_if_changed(path, save(dict(corpus.templates)))
