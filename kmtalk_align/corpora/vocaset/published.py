"""The published subjects and sentences of VOCASET.

Source: the loaders of EvelynFan/FaceFormer, Doubiiu/CodeTalker and psyai-net/SelfTalk_release, which agree.
"""

from __future__ import annotations

from kmtalk_align.corpora.published import missing_from
from kmtalk_align.corpora.splits import SplitRule
from kmtalk_align.errors import CorpusError

# In the order of FaceFormer's one-hot vectors.
TRAIN = (
    "FaceTalk_170728_03272_TA",
    "FaceTalk_170904_00128_TA",
    "FaceTalk_170725_00137_TA",
    "FaceTalk_170915_00223_TA",
    "FaceTalk_170811_03274_TA",
    "FaceTalk_170913_03279_TA",
    "FaceTalk_170904_03276_TA",
    "FaceTalk_170912_03278_TA",
)
VAL = ("FaceTalk_170811_03275_TA", "FaceTalk_170908_03277_TA")
TEST = ("FaceTalk_170809_00138_TA", "FaceTalk_170731_00024_TA")

SPLITS = {
    "train": SplitRule((1, 40), TRAIN),
    "val": SplitRule((21, 40), VAL),
    "testA": SplitRule((21, 40), TEST),
}


# Without frames in the data set itself. Source: TimoBolkart/voca issue 120.
GAPS = frozenset({"FaceTalk_170811_03274_TA_sentence24", "FaceTalk_170809_00138_TA_sentence32"})


def published_ids() -> list[str]:
    """The utterance ids that the splits name, whether or not a copy of the data set holds them."""
    return [
        f"{subject}_sentence{number:02d}"
        for rule in SPLITS.values()
        for subject in rule.subjects
        for number in range(rule.sentences[0], rule.sentences[1] + 1)
    ]


def missing(utterance_id: str) -> CorpusError:
    """What is said of a sequence that a published split names and that isn't there."""
    return missing_from("VOCASET", utterance_id, GAPS)
