"""The 52 face shapes of Apple's ARKit, and the columns that Live Link Face writes of them."""

from __future__ import annotations

_EYE = ("eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide")
_MOUTH_PAIRS_1 = ("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch")
_MOUTH_PAIRS_2 = ("mouthPress", "mouthLowerDown", "mouthUpperUp")


def _both(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}{side}" for name in names for side in ("Left", "Right"))


# In the order of Live Link Face's columns.
SHAPES = (
    *(f"{name}Left" for name in _EYE),
    *(f"{name}Right" for name in _EYE),
    *("jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"),
    *("mouthRight", "mouthLeft"),
    *_both(_MOUTH_PAIRS_1),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *_both(_MOUTH_PAIRS_2),
    *_both(("browDown",)),
    "browInnerUp",
    *_both(("browOuterUp",)),
    "cheekPuff",
    *_both(("cheekSquint", "noseSneer")),
    "tongueOut",
)
# Turns of the head and the eyes, which follow the shapes.
TURNS = tuple(f"{part}{turn}" for part in ("Head", "LeftEye", "RightEye") for turn in ("Yaw", "Pitch", "Roll"))


def arkit_name(name: str) -> str | None:
    """ARKit's name of a shape; None for no ARKit shape. Case may differ, and sides may be ``_L`` and ``_R``."""
    plain = name.strip().lower()
    for short, side in (("_l", "left"), ("_r", "right")):
        if plain.endswith(short):
            plain = plain.removesuffix(short) + side
    return _BY_LOWER_CASE.get(plain)


def arkit_name_of_half(name: str) -> str | None:
    """ARKit's name of a shape that some rigs split into ``_L`` and ``_R``, such as browInnerUp; else None."""
    plain = name.strip().lower()
    return _BY_LOWER_CASE.get(plain[:-2]) if plain.endswith(("_l", "_r")) else None


_BY_LOWER_CASE = {name.lower(): name for name in SHAPES}
