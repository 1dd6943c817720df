"""protocols.py: how the values of clips are taken together."""

from __future__ import annotations

import pytest

from kmtalk_model.protocols import PROTOCOLS, ClipScore

_CLIP = ClipScore(
    "a",
    "ann",
    frames=4,
    squared_lip_errors=8.0,
    lip_errors=4.0,
    dynamics_lost=-0.5,
    vertex_error=0.25,
    opening_correlation=None,
    bilabials=2,
    closure_excess=-1.0,
    closure_error=3.0,
)


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("codetalker", [(8.0, 4.0), (-0.5, 1.0), (0.5, 1.0), (1.0, 4.0), (0.0, 0.0), (-1.0, 2.0), (3.0, 2.0)]),
        ("per_sequence", [(2.0, 1.0), (-0.5, 1.0), (0.5, 1.0), (0.25, 1.0), (0.0, 0.0), (-0.5, 1.0), (1.5, 1.0)]),
        ("millimetre", [(4e3, 4.0), (-5e5, 1.0), (5e5, 1.0), (1e3, 4.0), (0.0, 0.0), (-1e3, 2.0), (3e3, 2.0)]),
    ],
)
def test_each_protocol_weighs_a_clip_in_its_own_way(protocol: str, expected: list[tuple[float, float]]) -> None:
    rule = PROTOCOLS[protocol]
    assert [rule.parts(metric, _CLIP) for metric in rule.metrics] == expected
    assert [metric.name for metric in rule.metrics] == [metric.name for metric in PROTOCOLS["codetalker"].metrics]


def test_a_clip_without_bilabials_weighs_nothing_in_either_way() -> None:
    silent = ClipScore("a", "ann", 4, 8.0, 4.0, -0.5, 0.25)
    for rule in PROTOCOLS.values():
        weights = {metric.name: rule.parts(metric, silent)[1] for metric in rule.metrics}
        assert weights["bilabial_closure_excess"] == weights["absolute_bilabial_closure_error"] == 0.0
