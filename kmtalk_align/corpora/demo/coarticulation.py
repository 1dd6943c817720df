"""Coarticulation by dominance functions: each phone pulls at each articulator, before its time and after.

Source: M. M. Cohen and D. W. Massaro, Modeling coarticulation in synthetic visual speech, in N. M. Thalmann and
D. Thalmann (eds.), Models and Techniques in Computer Animation, Springer 1993, pages 139-156.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.visemes import ARTICULATORS, Viseme, visemes

Floats = NDArray[np.float64]

# Of a phone longer than this, the middle is held: it pulls with all its strength there, not at one instant.
_MOMENT_S = 0.12
# By which |t| is rounded at its kink, so that speeds don't jump at a phone's middle.
_ROUNDING_S = 0.02


@dataclass(frozen=True)
class Phone:
    """A phone of an utterance, in seconds."""

    start_s: float
    end_s: float
    label: str


def articulate(phones: Sequence[Phone], times_s: Floats) -> dict[str, Floats]:
    """The place (T,) of each articulator at these times (T,).

    F(t) = sum_s D_s(t) T_s / sum_s D_s(t) over the segments s, with the targets T_s of their visemes.
    """
    segments = [segment for phone in phones for segment in _segments(phone)]
    starts, ends = np.array([[one.start_s, one.end_s] for one, _ in segments]).T
    return {
        name: _blend([viseme.goals[name].target for _, viseme in segments], dominance)
        for name, dominance in _dominances(starts, ends, [viseme for _, viseme in segments], times_s).items()
    }


def _segments(phone: Phone) -> list[tuple[Phone, Viseme]]:
    """The phone's visemes, each with its share of the phone's time: two for a diphthong."""
    parts = visemes(phone.label)
    bounds = np.linspace(phone.start_s, phone.end_s, len(parts) + 1)
    return [
        (Phone(float(start), float(end), phone.label), part)
        for start, end, part in zip(bounds[:-1], bounds[1:], parts, strict=True)
    ]


def _dominances(starts: Floats, ends: Floats, parts: Sequence[Viseme], times_s: Floats) -> Mapping[str, Floats]:
    """D_s(t) = alpha_s exp(-theta tau^c) by articulator, (T, S), with c = 1 and tau the time from the segment's middle.

    Two things differ from the source: tau counts from where a long segment's held middle ends, and is rounded at 0.
    """
    offset = times_s[:, None] - (starts + ends) / 2
    held = np.maximum(ends - starts - _MOMENT_S, 0) / 2
    tau = np.sqrt(np.maximum(np.abs(offset) - held, 0) ** 2 + _ROUNDING_S**2) - _ROUNDING_S
    return {
        name: np.array([part.goals[name].dominance for part in parts])
        * np.exp(-np.where(offset < 0, articulator.anticipation, articulator.carry_over) * tau)
        for name, articulator in ARTICULATORS.items()
    }


def _blend(targets: Sequence[float], dominance: Floats) -> Floats:
    blended: Floats = (dominance * np.array(targets)).sum(axis=1) / dominance.sum(axis=1)
    return blended
