"""The published subjects and sentences of VOCASET.

Source: the loaders of EvelynFan/FaceFormer, Doubiiu/CodeTalker and psyai-net/SelfTalk_release, which agree.
"""

from __future__ import annotations

from kmtalk_align.corpora.splits import SplitRule

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


def published_ids() -> dict[str, tuple[str, ...]]:
    """The utterance ids of each split, whether or not a copy of the data set holds them (no copy seems to hold all)."""
    return {
        split: tuple(
            f"{subject}_sentence{number:02d}"
            for subject in rule.subjects
            for number in range(rule.sentences[0], rule.sentences[1] + 1)
        )
        for split, rule in SPLITS.items()
    }
