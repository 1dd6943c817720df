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
    """ARKit's name of a shape, whose case may differ and whose side may be ``_L`` or ``_R``; None for no ARKit shape."""
    plain = name.strip()
    for short, side in (("_L", "Left"), ("_R", "Right"), ("_l", "Left"), ("_r", "Right")):
        if plain.endswith(short):
            plain = plain.removesuffix(short) + side
    return _BY_LOWER_CASE.get(plain.lower())


_BY_LOWER_CASE = {name.lower(): name for name in SHAPES}
