"""Visemes: where each phone wants each articulator of the face, and how much it insists.

The phones are Festival's `radio` set in lower case: the 39 of ARPABET, the schwa `ax` and silence, `pau`. Targets and
dominances were set by hand, by looking at the face. A target above 1 is one that the articulator can't reach: lips that
close aim beyond contact and are stopped by each other, which keeps them shut for a while (A. Lofqvist and V. L. Gracco,
Lip and jaw kinematics in bilabial stop consonant production, Journal of Speech, Language, and Hearing Research 40,
1997, pages 877-893).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Articulator:
    """How fast an articulator's goals take hold (1/s, the theta of a dominance function), before and after a phone.

    consonant, vowel: the dominance of a phone that names no goal for it, whose target is then 0: how far it lets its
    neighbours have their way.
    """

    anticipation: float
    carry_over: float
    consonant: float
    vowel: float


@dataclass(frozen=True)
class Goal:
    """A target and its dominance, the T and alpha of a phone."""

    target: float
    dominance: float


@dataclass(frozen=True)
class Viseme:
    """The goal of every articulator by its name."""

    goals: Mapping[str, Goal]


# Lips are quick, the jaw is heavy, and rounding starts well before the phone that wants it.
ARTICULATORS = {
    "jaw": Articulator(anticipation=20, carry_over=20, consonant=0.3, vowel=0.9),
    "closure": Articulator(anticipation=36, carry_over=36, consonant=0.6, vowel=0.6),
    "pucker": Articulator(anticipation=14, carry_over=18, consonant=0.08, vowel=0.5),
    "funnel": Articulator(anticipation=18, carry_over=20, consonant=0.12, vowel=0.5),
    "spread": Articulator(anticipation=16, carry_over=18, consonant=0.12, vowel=0.4),
    "tuck": Articulator(anticipation=32, carry_over=32, consonant=0.5, vowel=0.5),
    "raise": Articulator(anticipation=22, carry_over=22, consonant=0.3, vowel=0.4),
    "drop": Articulator(anticipation=22, carry_over=22, consonant=0.3, vowel=0.4),
    "tongue": Articulator(anticipation=32, carry_over=32, consonant=0.6, vowel=0.6),
}

# By phones that look alike: articulator -> (target, dominance).
_CONSONANTS: dict[str, dict[str, tuple[float, float]]] = {
    "p b m": {"jaw": (0.05, 0.4), "closure": (1.3, 1.0)},
    "f v": {
        "jaw": (0.02, 1.8),
        "tuck": (1.3, 1.5),
        "raise": (0.45, 1.2),
        "drop": (0.0, 1.0),
        "pucker": (0.0, 1.5),
        "funnel": (0.0, 1.0),
    },
    "th dh": {"jaw": (0.09, 0.6), "tongue": (0.22, 1.0), "drop": (0.25, 0.5), "raise": (0.1, 0.4)},
    "t d n": {"jaw": (0.06, 0.7), "drop": (0.15, 0.3)},
    "l": {"jaw": (0.1, 0.5), "drop": (0.15, 0.3), "tongue": (0.06, 0.6)},
    "s z": {"jaw": (0.03, 1.3), "spread": (0.25, 0.4), "drop": (0.25, 0.6), "raise": (0.2, 0.5)},
    "sh zh ch jh": {"jaw": (0.03, 1.3), "funnel": (0.4, 0.9), "pucker": (0.2, 0.5)},
    "r": {"jaw": (0.07, 0.5), "pucker": (0.4, 0.6), "funnel": (0.15, 0.5)},
    "w": {"jaw": (0.03, 1.0), "pucker": (1.2, 1.2), "funnel": (0.1, 0.6)},
    "y": {"jaw": (0.07, 0.5), "spread": (0.3, 0.4)},
    "k g ng": {"jaw": (0.1, 0.3)},
    "hh": {"jaw": (0.12, 0.1)},
}
_VOWELS: dict[str, dict[str, tuple[float, float]]] = {
    "aa": {"jaw": (0.42, 1.0)},
    "ae": {"jaw": (0.36, 1.0), "spread": (0.3, 0.5), "raise": (0.15, 0.4)},
    "ah": {"jaw": (0.28, 0.9)},
    "ax": {"jaw": (0.15, 0.4), "pucker": (0.0, 0.15), "funnel": (0.0, 0.15), "spread": (0.0, 0.15)},
    "ao": {"jaw": (0.34, 1.0), "funnel": (0.35, 0.8), "pucker": (0.3, 0.6)},
    "eh": {"jaw": (0.26, 0.9), "spread": (0.25, 0.5)},
    "er": {"jaw": (0.12, 0.7), "pucker": (0.35, 0.6), "funnel": (0.2, 0.5)},
    "ih": {"jaw": (0.14, 0.8), "spread": (0.3, 0.5)},
    "iy": {"jaw": (0.08, 1.0), "spread": (0.6, 0.9), "drop": (0.2, 0.4), "raise": (0.15, 0.4)},
    "uh": {"jaw": (0.12, 0.8), "pucker": (0.5, 0.8), "funnel": (0.2, 0.5)},
    "uw": {"jaw": (0.06, 1.1), "pucker": (1.1, 1.2), "funnel": (0.15, 0.7)},
}
_DIPHTHONGS = {"ay": ("aa", "ih"), "aw": ("aa", "uw"), "oy": ("ao", "ih"), "ey": ("eh", "iy"), "ow": ("ao", "uw")}
# Long silences return to rest; short ones between words are crossed by what is around them.
_SILENCE = {"pau": dict.fromkeys(ARTICULATORS, (0.0, 0.6))}


def _table() -> dict[str, tuple[Viseme, ...]]:
    table = {}
    for kind, classes in (("consonant", _CONSONANTS), ("vowel", _VOWELS), ("vowel", _SILENCE)):
        for phones, named in classes.items():
            goals = {
                name: Goal(*named[name]) if name in named else Goal(0.0, getattr(articulator, kind))
                for name, articulator in ARTICULATORS.items()
            }
            table.update({phone: (Viseme(goals),) for phone in phones.split()})
    return table | {phone: (*table[first], *table[second]) for phone, (first, second) in _DIPHTHONGS.items()}


_VISEMES = _table()
PHONES = tuple(sorted(_VISEMES))


def visemes(phone: str) -> tuple[Viseme, ...]:
    """The visemes of a phone in their order: two of a diphthong, one of any other. Raises KeyError for no phone."""
    return _VISEMES[phone]
