"""quality/attention.py: which clips to look at first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kmtalk_align.quality.attention import RULES, Reason, rank, reasons_by_clip
from kmtalk_align.quality.clips import Clip
from kmtalk_align.results import Run

RUN = Run("asr", "aligner", "phoneme")
PLAIN = Clip(
    RUN, "plain", "s1", "train", "ok", "", "phoneme", 4.0, 100, spoken_s=2.0, words=8, score=-15.0, key_frames=30
)


def crowd(count: int = 30) -> list[Clip]:
    """Clips that differ a little, so that an outlier can stand out."""
    return [
        replace(
            PLAIN,
            utterance_id=f"plain{place}",
            key_frames=28 + place % 5,
            score=-15.0 - place % 5,
            spoken_s=2.0 + 0.05 * (place % 5),
        )
        for place in range(count)
    ]


def reasons(clip: Clip, limit: float | None = -40.0) -> dict[str, float]:
    found = reasons_by_clip([*crowd(), clip], limit)
    assert all(not reasons for reasons in found[:-1])
    assert {reason.rule for reason in found[-1]} <= set(RULES)
    return {reason.rule: reason.points for reason in found[-1]}


@pytest.mark.parametrize(
    ("change", "rule", "points"),
    [
        ({"status": "failed", "failure": "silent", "source": None}, "failed", 10.0),
        ({"failure": "the words do not fit", "source": "fallback"}, "not aligned", 8.0),
        ({"failure": "none", "source": "fallback", "lacks_transcript": True}, "no transcript", 1.0),
        ({"score": -40.0}, "low score", 4.0),
        ({"word_errors": 3, "reference_words": 4}, "word errors", 3.0),
        ({"word_errors": 9, "reference_words": 4}, "word errors", 4.0),
        ({"recogniser_disagreement": 0.5}, "recognisers disagree", 2.0),
        ({"key_frames": 90}, "far out", 3.0),
        ({"words": 30}, "far out", 3.0),
        ({"unknown_words": ("blorp",)}, "unknown words", 0.5),
        ({"unknown_words": tuple("abcdefg")}, "unknown words", 2.0),
    ],
)
def test_each_rule_finds_what_it_is_for(change: dict[str, object], rule: str, points: float) -> None:
    assert reasons(replace(PLAIN, **change)) == {rule: pytest.approx(points)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"word_errors": 1, "reference_words": 4},
        {"recogniser_disagreement": 0.4},
        {"score": None},
        {"key_frames": 90, "source": "uniform"},
    ],
)
def test_what_is_usual_needs_no_eye(change: dict[str, object]) -> None:
    assert reasons(replace(PLAIN, **change)) == {}  # type: ignore[arg-type]


def test_a_long_silence_stands_out_and_a_short_one_does_not() -> None:
    assert "far out" in reasons(replace(PLAIN, spoken_s=0.5, words=2))
    assert reasons(replace(PLAIN, spoken_s=3.9, words=15)) == {}


def test_an_aligner_without_a_limit_has_low_scores_too() -> None:
    assert set(reasons(replace(PLAIN, score=-35.0), limit=None)) == {"low score"}


def test_severity_is_the_mean_over_runs_and_orders_the_clips() -> None:
    other = replace(PLAIN, run=Run("other", "aligner", "phoneme"))
    worse = replace(PLAIN, utterance_id="worse")
    found = rank(
        [
            (PLAIN, [Reason("low score", 3.0, "low score -36")]),
            (other, []),
            (worse, [Reason("failed", 10.0, "failed: silent"), Reason("unknown words", 1.0, "pronounced by guess: x")]),
            (replace(PLAIN, utterance_id="well"), []),
        ]
    )
    assert [(one.utterance_id, one.severity) for one in found] == [("worse", 11.0), ("plain", 1.5)]
    assert found[1].found == {"low score -36": ("asr.aligner",)}


def test_ties_are_in_the_order_of_their_ids() -> None:
    reason = [Reason("failed", 10.0, "failed")]
    found = rank((replace(PLAIN, utterance_id=name), reason) for name in ("b", "c", "a"))
    assert [one.utterance_id for one in found] == ["a", "b", "c"]
