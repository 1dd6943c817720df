"""BIWI as the papers use it: its subjects and sentences, the published splits, and what the corpus itself lacks."""

from __future__ import annotations

from types import MappingProxyType

from kmtalk_align.corpora.published import missing_from
from kmtalk_align.corpora.splits import SplitRule
from kmtalk_align.errors import CorpusError

SUBJECTS = ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "M1", "M2", "M3", "M4", "M5", "M6")
# Said with emotion. The same sentences without any, 01 to 40, are no part of the data that the papers use.
SENTENCES = tuple(f"e{number:02d}" for number in range(1, 41))
UTTERANCE_IDS = tuple(f"{subject}_{sentence}" for subject in SUBJECTS for sentence in SENTENCES)

_SEEN = ("F2", "F3", "F4", "M3", "M4", "M5")
# Source: EvelynFan/FaceFormer data_loader.py, Doubiiu/CodeTalker config/BIWI; the same in SelfTalk.
SPLITS = MappingProxyType(
    {
        "train": SplitRule((1, 32), _SEEN),
        "val": SplitRule((33, 36), _SEEN),
        "testA": SplitRule((37, 40), _SEEN),
        "testB": SplitRule((37, 40), tuple(one for one in SUBJECTS if one not in _SEEN)),
    }
)
# Source: Doubiiu/CodeTalker issues 20 and 63.
GAPS = frozenset({"F1_e20", "F3_e02", "F3_e03", "M2_e20", *(f"M1_e{number:02d}" for number in range(1, 21))})


def missing(utterance_id: str) -> CorpusError:
    """What is said of a sequence that isn't there."""
    return missing_from("BIWI", utterance_id, GAPS)
