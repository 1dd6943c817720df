"""Which split an utterance belongs to: splits.json, or FaceFormer's rule on the file stem."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kmtalk_align.errors import CorpusError

UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class SplitRule:
    """One split by stem: sentence numbers from first to last, of these subjects (all where empty)."""

    sentences: tuple[int, int]
    subjects: tuple[str, ...] = ()


def subject_of(utterance_id: str) -> str:
    """The subject: the stem without its last ``_`` field; a stem without one is its own subject.

    Source: EvelynFan/FaceFormer data_loader.py.
    """
    return utterance_id.rpartition("_")[0] or utterance_id


def read_splits(path: Path) -> dict[str, list[str]]:
    """Splits by utterance id from `splits.json`, ``{split: [id, ...]}``; an id in two splits has both.

    Raises CorpusError where the file is anything else.
    """
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CorpusError(f"is not readable JSON ({error})", where=path) from error
    if not isinstance(loaded, dict) or not all(isinstance(ids, list) for ids in loaded.values()):
        raise CorpusError("is not of the form {split: [id, ...]}", where=path)
    found: dict[str, list[str]] = {}
    for split, ids in loaded.items():
        for utterance_id in ids:
            found.setdefault(str(utterance_id), []).append(split)
    return found


def counts_by_split(utterances: Iterable[tuple[str, bool]]) -> str:
    """Of each utterance its split, and whether it can be used -> "train 190 of 192, val 24 of 24"."""
    found = list(utterances)
    usable = Counter(split for split, is_usable in found if is_usable)
    every = Counter(split for split, _ in found)
    order = sorted(every, key=lambda split: (split == UNASSIGNED, split != "train", split != "val", split))
    return ", ".join(f"{split} {usable[split]} of {every[split]}" for split in order)


def split_by_rule(utterance_id: str, rules: Mapping[str, SplitRule]) -> str:
    """The first split whose rule holds for the stem; "unassigned" where none does.

    The sentence number is the last two characters of the stem (EvelynFan/FaceFormer data_loader.py).
    """
    number = utterance_id[-2:]
    for split, rule in rules.items():
        subject_fits = not rule.subjects or subject_of(utterance_id) in rule.subjects
        if number.isdecimal() and rule.sentences[0] <= int(number) <= rule.sentences[1] and subject_fits:
            return split
    return UNASSIGNED
