"""published.py: BIWI's sequences, splits and gaps."""

from __future__ import annotations

from collections import Counter

from kmtalk_align.corpora.biwi.published import GAPS, SPLITS, SUBJECTS, UTTERANCE_IDS
from kmtalk_align.corpora.splits import split_by_rule


def test_the_splits_are_the_published_ones() -> None:
    # What FaceFormer's and CodeTalker's loaders take, nothing missing.
    nominal = {"train": 6 * 32, "val": 6 * 4, "testA": 6 * 4, "testB": 8 * 4, "unassigned": 8 * 36}
    assert Counter(split_by_rule(one, SPLITS) for one in UTTERANCE_IDS) == nominal
    assert len(UTTERANCE_IDS) == 14 * 40
    assert {split_by_rule(f"{one}_e40", SPLITS) for one in SUBJECTS if one[0] == "M"} == {"testA", "testB"}


def test_of_train_two_sequences_are_known_to_be_missing() -> None:
    # Doubiiu/CodeTalker issue 20: "Loaded data: Train-190, Val-24, Test-32"; 536 sequences.
    lacking = Counter(split_by_rule(one, SPLITS) for one in GAPS)
    assert lacking == {"train": 2, "unassigned": 22}
    assert len(UTTERANCE_IDS) - len(GAPS) == 536
    assert set(UTTERANCE_IDS) > GAPS
