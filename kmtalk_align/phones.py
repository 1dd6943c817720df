"""Phone labels: which are silence, and which phone set they are of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# The 39 phones of ARPABET as CMUdict and pocketsphinx use them, without stress.
ARPABET = frozenset(
    [
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "B",
        "CH",
        "D",
        "DH",
        "EH",
        "ER",
        "EY",
        "F",
        "G",
        "HH",
        "IH",
        "IY",
        "JH",
        "K",
        "L",
        "M",
        "N",
        "NG",
        "OW",
        "OY",
        "P",
        "R",
        "S",
        "SH",
        "T",
        "TH",
        "UH",
        "UW",
        "V",
        "W",
        "Y",
        "Z",
        "ZH",
    ]
)
# What aligners write where nobody speaks. `spn`, an unknown word, is speech and so is no member (DESIGN).
_SILENCE = frozenset(
    {"", "sil", "sp", "pau", "ssil", "<eps>", "<sil>", "<s>", "</s>", "#", "h#", "(sil)", "(...)", "_"}
)
# Plain, implosive (ɓ), trilled (ʙ), TIMIT's syllabic em and closures; released as f (German pf), after a nasal, or with
# the tongue's back closed too (kp).
_BILABIAL = frozenset({"p", "b", "m", "ɓ", "ʙ", "em", "pcl", "bcl", "pf", "mp", "mb", "kp", "gb", "ɡb"})
_LETTERS = frozenset({"Ll", "Lu", "Lo"})
# An unknown word, which is speech.
SPOKEN_NOISE = frozenset({"spn", "<unk>", "+spn+"})
# pocketsphinx's fillers: +NSN+ (noise), +BREATH+; +SPN+ is spoken.
_FILLER = re.compile(r"^\+(?!spn\+).*\+$")
_POSITION = re.compile(r"_[BIES]$")


@lru_cache(maxsize=4096)
def is_silence(label: str) -> bool:
    """Whether a phone label means that nobody speaks. `spn` counts as a phone."""
    lowered = without_position(label).lower()
    return lowered in _SILENCE or _FILLER.match(lowered) is not None


def without_position(label: str) -> str:
    """A phone without Kaldi's word-position suffix: ``AH0_B`` -> ``AH0``."""
    return _POSITION.sub("", label.strip())


def bare(label: str) -> str:
    """A phone without stress digit and without Kaldi's word-position suffix: ``AH0_B`` -> ``AH``."""
    return without_position(label).rstrip("0123456789")


@lru_cache(maxsize=4096)
def is_bilabial(label: str) -> bool:
    """Whether the lips meet at a phone: ``P``, ``B_I``, ``pf``, ``m``, in ARPABET or IPA, aspirated, long, syllabic."""
    return letters(bare(label)).lower() in _BILABIAL


def letters(label: str) -> str:
    """The letters of a label alone, without marks and modifiers: `p` of `pʰ` and `m` of `m̩`."""
    return "".join(one for one in unicodedata.normalize("NFD", label) if unicodedata.category(one) in _LETTERS)


def phone_set(labels: Iterable[str]) -> str:
    """``arpabet`` where every spoken phone is one of ARPABET's 39, else ``other``."""
    spoken = {bare(one) for one in labels if not is_silence(one) and bare(one).lower() not in SPOKEN_NOISE}
    return "arpabet" if spoken and spoken <= ARPABET else "other"
