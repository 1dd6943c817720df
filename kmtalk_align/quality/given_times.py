"""Aligned words and phones against the times that a corpus has of its own: words/<id>.csv and phones/<id>.csv."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from kmtalk_align.aligners.base import Interval
from kmtalk_align.corpus import OK
from kmtalk_align.errors import CorpusError
from kmtalk_align.files import find_for_id
from kmtalk_align.phones import is_silence
from kmtalk_align.quality.agreement import equal_phones, equal_words
from kmtalk_align.results import Shard
from kmtalk_align.stage import Row, failed_columns

# Folder and tier by the column that holds the label.
_TIERS = {"word": "words", "phone": "phones"}


def read_given(path: Path, label: str) -> list[Interval]:
    """The spoken intervals of a csv with the columns start_s, end_s and `label` ("word" or "phone"), in order.

    Raises CorpusError, naming the line, where the file is not such a table.
    """
    where = f"{path.parent.name}/{path.name}"
    fix = f"give the columns start_s,end_s,{label}, in seconds and in order"
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        lines = [(reader.line_num, line) for line in reader]
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(f"cannot be read ({error})", where=where, fix=fix) from error
    missing = [name for name in ("start_s", "end_s", label) if name not in (reader.fieldnames or ())]
    if missing:
        raise CorpusError(f"lacks the column {', '.join(missing)}", where=where, fix=fix)
    found: list[Interval] = []
    for number, line in lines:
        place = f"{where}, line {number}"
        try:
            start_s, end_s = float(line["start_s"]), float(line["end_s"])
        except (TypeError, ValueError) as error:
            raise CorpusError("has no times", where=place, fix=fix) from error
        if line[label] is None or not (math.isfinite(end_s) and 0 <= start_s <= end_s):
            raise CorpusError("is no stretch of time", where=place, fix=fix)
        if found and start_s < found[-1].start_s:
            raise CorpusError("begins before the line above", where=place, fix=fix)
        found.append(Interval(start_s, end_s, line[label]))
    return [one for one in found if not is_silence(one.label)]


def compare_with_given(shard: Shard, aligned: Sequence[str], root: Path) -> Iterator[Row]:
    """The rows of the table GIVEN_TIMES of a shard, for the utterances for which the folder `root` has times."""
    for label, tier in _TIERS.items():
        for utterance_id in shard.utterances if (root / tier).is_dir() else ():
            path = find_for_id(root / tier, utterance_id, ".csv")
            if path is None:
                continue
            problem, given = "", []
            try:
                given = read_given(path, label)
            except CorpusError as error:
                problem = str(error)
            for name in aligned:
                row = {"aligned": name, "tier": tier, "utterance_id": utterance_id}
                yield row | (failed_row(problem) if problem else _compare(shard, name, tier, utterance_id, given))


def failed_row(message: str) -> Row:
    """The columns of an utterance that could not be compared."""
    return {
        "given": None,
        "matched": None,
        "start_differences_s": [],
        "end_differences_s": [],
    } | failed_columns(message)


def _compare(shard: Shard, aligned: str, tier: str, utterance_id: str, given: list[Interval]) -> Row:
    alignment = shard.alignments(aligned).get(utterance_id)
    if alignment is None:
        return failed_row("was not aligned")
    ours = alignment.words if tier == "words" else alignment.spoken_phones
    equal = (equal_words if tier == "words" else equal_phones)(given, ours)
    return {
        "given": len(given),
        "matched": len(equal),
        "start_differences_s": [ours[j].start_s - given[i].start_s for i, j in equal],
        "end_differences_s": [ours[j].end_s - given[i].end_s for i, j in equal],
        "status": OK,
        "message": "",
    }
