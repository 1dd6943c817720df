"""What each recogniser, aligner and selector changes by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kmtalk_align.results import Run
from kmtalk_model.report.robustness import FDD, LVE, Robustness, study_robustness
from kmtalk_model.report.robustness_choices import choices
from kmtalk_model.report.robustness_text import choices_table
from tests.report.made_study import EXPERIMENT, REFERENCE, SPLIT, study

# The reference first. `ear` was not aligned by `viter`.
RUNS = tuple(
    Run(*name.split("."))
    for name in (REFERENCE, "own.ps.later", "own.viter.ph", "own.viter.later", "ear.ps.ph", "ear.ps.later")
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Robustness:
    """A study of six combinations, whose clips' errors are random."""
    made = study_robustness(study(tmp_path_factory.mktemp("study")), EXPERIMENT, SPLIT, reference=REFERENCE)
    rng = np.random.default_rng(0)
    scores = {
        run.name: [
            replace(clip, squared_lip_errors=clip.frames * rng.uniform(1, 2), dynamics_lost=rng.normal())
            for clip in made.comparison.scores[REFERENCE]
        ]
        for run in RUNS
    }
    return replace(made, runs=RUNS, comparison=replace(made.comparison, scores=scores, figures={}))


def test_a_choice_is_compared_over_the_combinations_that_differ_in_it_alone(found: Robustness) -> None:
    pairs = {(one.kind, one.name): {(run.name, twin.name) for run, twin in one.pairs} for one in choices(found)}
    assert pairs == {
        ("asr", "ear"): {("ear.ps.ph", "own.ps.ph"), ("ear.ps.later", "own.ps.later")},
        ("aligner", "viter"): {("own.viter.ph", "own.ps.ph"), ("own.viter.later", "own.ps.later")},
        ("selector", "later"): {
            ("own.ps.later", "own.ps.ph"),
            ("own.viter.later", "own.viter.ph"),
            ("ear.ps.later", "ear.ps.ph"),
        },
    }


def test_its_change_is_that_of_the_means(found: Robustness) -> None:
    estimates = found.comparison.estimates
    for one in choices(found):
        lve, fdd = (
            [np.mean([estimates[pair[place].name][name].value for pair in one.pairs]) for place in (0, 1)]
            for name in (LVE, FDD)
        )
        assert one.differences[LVE].relative is not None
        assert one.differences[LVE].relative.value == pytest.approx(lve[0] / lve[1] - 1)
        assert one.differences[FDD].absolute.value == pytest.approx(fdd[0] - fdd[1])
        assert one.differences[FDD].relative is None


def test_its_interval_is_narrower_than_those_of_its_pairs(found: Robustness) -> None:
    [choice] = [one for one in choices(found) if one.kind == "selector"]
    mean, single = choice.differences[LVE].absolute, found.comparison.differences["own.ps.later"][LVE].absolute
    widths = [one.high - one.low for one in (mean, single) if one.high is not None and one.low is not None]
    assert widths[0] < widths[1]


def test_the_table_has_a_row_for_each_and_where_there_is_none_no_table(found: Robustness) -> None:
    table = choices_table(found)
    assert table is not None
    assert [row[:2] for row in table.rows] == [
        ("recogniser ear\ninstead of own", "2 pairs"),
        ("aligner viter\ninstead of ps", "2 pairs"),
        ("selector later\ninstead of ph", "3 pairs"),
    ]
    assert choices_table(replace(found, runs=RUNS[:4:3])) is None
