"""A sentence as the head plays it: weights of the ARKit shapes over time, from exact phone and word times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.coarticulation import Phone, articulate
from kmtalk_align.corpora.demo.expression import blinks, brows, smooth_step

Floats = NDArray[np.float64]

# Two machines' exponentials may differ in the last bit; what is rounded away can't reach a vertex.
_DECIMALS = 6
# Of eyeBlink on this head: at more, the upper lid passes the lower one.
_LIDS_MEET = 0.8
# How hard lips are pressed together where they close: from the small gap of the head at rest to contact.
_SHRUG, _PRESS = 0.07, 0.05


def weights(
    utterance_id: str, phones: Sequence[Phone], words: Sequence[tuple[float, float]], times_s: Floats
) -> dict[str, Floats]:
    """Weights (T,) within 0 to 1 by ARKit name at these times (T,); a shape that isn't named rests."""
    shut, raised = blinks(utterance_id, times_s), brows(utterance_id, words, times_s)
    face = (
        _mouth(articulate(phones, times_s)) | _both("eyeBlink", _LIDS_MEET * shut) | _both("browOuterUp", 0.7 * raised)
    )
    face["browInnerUp"] = raised
    return {name: _within(weight) for name, weight in face.items()}


def _mouth(place: dict[str, Floats]) -> dict[str, Floats]:
    """The mouth's shapes from the articulators' places.

    Closing takes back what the jaw parts (ARKit's mouthClose) and whatever else would part the lips or push one through
    the other; a tongue stays behind closed lips.
    """
    closed = smooth_step(place["closure"])
    parted = 1 - closed
    return {
        "jawOpen": place["jaw"],
        "mouthClose": place["jaw"] * closed,
        "mouthPucker": place["pucker"] * (1 - 0.8 * closed),
        "mouthFunnel": place["funnel"] * parted,
        "mouthRollLower": 0.5 * smooth_step(place["tuck"]) * parted,
        "tongueOut": place["tongue"] * parted,
        "mouthShrugLower": _SHRUG * closed,
        **_both("mouthPress", _PRESS * closed),
        **_both("mouthStretch", place["spread"]),
        **_both("mouthUpperUp", place["raise"] * parted),
        **_both("mouthLowerDown", place["drop"] * parted),
    }


def _within(weight: Floats) -> Floats:
    rounded: Floats = weight.clip(0, 1).round(_DECIMALS)
    return rounded


def _both(name: str, weight: Floats) -> dict[str, Floats]:
    return {f"{name}Left": weight, f"{name}Right": weight}
