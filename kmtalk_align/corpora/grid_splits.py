"""Which split a clip of GRID belongs to: the benchmark's, and a rule for what the benchmark doesn't name.

The benchmark is that of grid468: of the talkers s1 and s4 the clips below are `val` and `testA`, all others `train`.
Of the whole corpus, the talkers that LipNet holds out (Assael et al., 2016: s1, s2, s20, s22), s1 apart, are `testB`:
no other split knows them. For the other talkers a sixteenth of the sentences, by a digest of their code, is `val`, and
another `testA`; a sentence that the benchmark holds out is held out for them too.
"""

from __future__ import annotations

import hashlib

_HELD_OUT = {
    "val": {
        "s1": (
            "bbbs5s bbbs6p bbif1a bbwg1s bgan4n bgbu2n bgin3a braf9s brif6p briz8p bwag5s bwwa8n lbaq6p "
            "lbax9s lbby5a lgal9s lgbm3s lrak6n lray4n lrbz1a lwaz1s pbai7a pbwj3s pgaq6n pgwl1s prwq4p "
            "pwij5a pwip6n sban2n sbat9a sbwu4n sgii3s sgwj7a srah4n srih1s srin7a sriu1a swab9a swbv4p "
            "swwc4n"
        ),
        "s4": "lgbf6s prbp7p priv3p swwc4a",
    },
    "testA": {
        "s1": (
            "bbbm2p bbil5a bgan6p bgan7a bgbb1s bgbu4p bgia4p bgig6n bgwu6n bgwu8p bwwu3a lbad6n lbayzp "
            "lgif1s lgiz5a lrbr4n lrbr7a lriyzn lrwz3s lwaz2p pbav5a pbbv7s pbwx3a pgay3a pgwlzn prwkzp "
            "pwbq6p pwbyzp pwwy4p sban4p sbig7a sgiv2p sraozp srbu6n srbu7s sria7s swao7a swav1a swbc1s "
            "swiu7a"
        ),
        "s4": "bgbu2a brwm8s lriq4s pwip6a sgbc6a swau8a",
    },
}
_BENCHMARK_TALKERS = ("s1", "s4")
_UNSEEN_TALKERS = ("s2", "s20", "s22")
_SHARE = 16
BENCHMARK = {
    split: {f"{talker}_{code}" for talker, codes in held.items() for code in codes.split()}
    for split, held in _HELD_OUT.items()
}
_SENTENCES = {one.rpartition("_")[2]: split for split, ids in BENCHMARK.items() for one in ids}


def split_of(talker: str, sentence: str) -> str:
    """The split of a talker's sentence, by its code of six letters and digits ("bbaf2n")."""
    for split, ids in BENCHMARK.items():
        if f"{talker}_{sentence}" in ids:
            return split
    if talker in _BENCHMARK_TALKERS:
        return "train"
    if talker in _UNSEEN_TALKERS:
        return "testB"
    part = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4]) % _SHARE
    return _SENTENCES.get(sentence) or {0: "val", 1: "testA"}.get(part, "train")
