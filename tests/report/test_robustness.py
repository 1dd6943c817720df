"""report/robustness.py and report/robustness_measures.py: what a robustness study says, by value."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.results import Run
from kmtalk_model.report.combine import combine
from kmtalk_model.report.robustness import ABSOLUTE_FDD, FDD, LVE, Robustness, study_robustness
from tests.report.evaluated import CLIPS, evaluated
from tests.report.made_study import ERRORS, EXPERIMENT, HEARD, LATER, OTHER, REFERENCE, SPLIT, study


def run_of(name: str) -> Run:
    return Run(*name.split("."))


def studied(results: Path, *names: str, reference: str | None = None) -> Robustness:
    return study_robustness(results, EXPERIMENT, SPLIT, names or tuple(ERRORS), reference)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("study"))


def test_word_error_rates_are_over_all_words_of_the_corpus_own_transcripts(made: Path) -> None:
    found = studied(made).measured
    heard = found[run_of(HEARD)].word_error_rate
    # One of eight words, all in one of two utterances.
    assert (heard.value, heard.low, heard.high, heard.clips) == (0.125, 0.0, 0.25, 2)
    assert found[run_of(REFERENCE)].word_error_rate.value == 0.0


def test_a_rate_of_nought_is_explained_where_the_transcripts_are_the_corpus_own(made: Path) -> None:
    [notice] = studied(made).notices
    assert notice == "own gives the corpus' own transcripts, where there are any: its word error rate is 0 by that"


def test_boundaries_are_those_of_quality_of_starts_and_ends(made: Path) -> None:
    found = studied(made).measured
    boundaries = found[run_of(OTHER)].boundaries
    # Within the words that agree: 0 and 30 ms of starts, 30 and 0 ms of ends, in each of two utterances.
    assert boundaries is not None
    assert (boundaries.n, boundaries.median_s) == (8, pytest.approx(0.015))
    assert (boundaries.within_20_ms, boundaries.within_50_ms) == (0.5, 1.0)
    assert found[run_of(REFERENCE)].boundaries is found[run_of(LATER)].boundaries is None


def test_key_frames_agree_exactly_or_within_one_frame(made: Path) -> None:
    found = {run.name: one.agreement for run, one in studied(made).measured.items()}
    later, other = found[LATER], found[OTHER]
    assert found[REFERENCE] is None
    assert later is not None
    assert other is not None
    assert (later.exact, later.near, later.clips) == (0.5, 1.0, 2)
    assert (other.exact, other.near) == (1.0, 1.0)


def test_a_pair_is_found_whichever_of_it_stands_first(made: Path) -> None:
    found = studied(made, reference=HEARD)
    assert found.reference.name == HEARD
    assert list(found.runs)[1:] == [run_of(name) for name in ERRORS if name != HEARD]
    agreement = found.measured[run_of(REFERENCE)].agreement
    assert agreement is not None
    assert agreement.exact == pytest.approx(2 * 2 / 7)
    assert found.measured[run_of(REFERENCE)].boundaries is not None


def test_key_ratios_and_offsets_are_those_of_the_runs(made: Path) -> None:
    found = studied(made)
    assert found.measured[run_of(HEARD)].key_ratio == pytest.approx(0.3)
    assert {run.name: offset for run, offset in found.offsets.items()} == {REFERENCE: 0, HEARD: 0, LATER: 1, OTHER: 0}


def test_errors_are_what_compare_says_of_the_same_evaluations(made: Path) -> None:
    ours = studied(made).comparison
    paths = [made / "evaluation" / f"{EXPERIMENT}.{name}.{SPLIT}.json" for name in ERRORS]
    theirs = combine(paths).comparison
    for name in ERRORS:
        for metric in (LVE, ABSOLUTE_FDD):
            assert ours.estimates[name][metric] == theirs.estimates[f"{EXPERIMENT}.{name}"][metric]
            if name != REFERENCE:
                assert ours.differences[name][metric] == theirs.differences[f"{EXPERIMENT}.{name}"][metric]


def test_a_share_of_fdd_is_given_only_where_the_reference_has_one(made: Path, tmp_path: Path) -> None:
    found = studied(made)
    own, other = (found.comparison.estimates[name][FDD].value for name in (REFERENCE, HEARD))
    assert own
    assert other
    assert found.signed_share(run_of(HEARD)) == pytest.approx(other / own - 1)
    # With one clip there is no interval, so that nothing shows that it is not 0.
    assert studied(study(tmp_path, clips=CLIPS[:1])).signed_share(run_of(HEARD)) is None


def test_a_recogniser_that_failed_has_fallbacks_and_nothing_to_compare(tmp_path: Path) -> None:
    failed = {"source": "fallback", "message": "no transcript", "heard": "", "words": (), "phones": ()}
    measured = studied(study(tmp_path, {HEARD: failed})).measured[run_of(HEARD)]
    assert measured.sources == {"fallback": 2}
    assert measured.agreement is measured.boundaries is None
    assert measured.word_error_rate.value == 1.0


def test_utterances_without_key_frames_are_counted(tmp_path: Path) -> None:
    failed = {"status": "failed", "source": None, "message": "is silent", "key_frames": (), "heard": ""}
    measured = studied(study(tmp_path, {HEARD: failed})).measured[run_of(HEARD)]
    assert measured.sources == {"failed": 2}
    assert measured.utterances == 2
    assert measured.key_ratio is None


def test_a_corpus_without_transcripts_has_no_word_error_rate(tmp_path: Path) -> None:
    found = studied(study(tmp_path, {name: {"reference": None} for name in ERRORS}))
    assert {one.word_error_rate.value for one in found.measured.values()} == {None}


def test_all_runs_that_were_scored_on_the_split_are_studied_where_none_is_named(made: Path, tmp_path: Path) -> None:
    assert {run.name for run in study_robustness(made, EXPERIMENT, SPLIT).runs} == set(ERRORS)
    for experiment, split in (("other", SPLIT), (EXPERIMENT, "val")):
        with pytest.raises(ArtefactError, match=f"holds no evaluation of {experiment}.* on {split}"):
            study_robustness(made, experiment, split)


def test_a_combination_that_was_not_scored_is_an_error_that_names_it(made: Path) -> None:
    with pytest.raises(ArtefactError, match=r"main\.ear\.viter\.ph\.testA\.json: is missing: main was not trained"):
        studied(made, REFERENCE, "ear.viter.ph")


def test_a_combination_that_quality_did_not_look_at_is_an_error_that_names_it(tmp_path: Path) -> None:
    results = study(tmp_path)
    name = f"{EXPERIMENT}.ear.viter.ph"
    evaluated(results / "evaluation" / f"{name}.{SPLIT}.json", {name: 0.02}, split=SPLIT)
    with pytest.raises(ArtefactError, match=r"clips\.parquet: holds no clip of the run ear\.viter\.ph"):
        studied(results, REFERENCE, "ear.viter.ph")


def test_an_evaluation_of_another_run_is_an_error(tmp_path: Path) -> None:
    results = study(tmp_path)
    evaluated(results / "evaluation" / f"{EXPERIMENT}.{HEARD}.{SPLIT}.json", {"other": 0.02}, split=SPLIT)
    with pytest.raises(ArtefactError, match=r"holds no system main\.ear\.ps\.ph, but other, mean pose"):
        studied(results)


@pytest.mark.parametrize(
    ("names", "reference", "said"),
    [
        (("own.ps",), None, "'own.ps' is no run; name it <asr>.<aligner>.<selector>"),
        ((REFERENCE,), HEARD, "'ear.ps.ph' is not studied; choose from: own.ps.ph"),
    ],
)
def test_a_name_that_is_none_is_an_error(made: Path, names: tuple[str, ...], reference: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        study_robustness(made, EXPERIMENT, SPLIT, names, reference)


def test_clips_that_one_evaluation_lacks_are_left_out_for_all_and_it_is_said(tmp_path: Path) -> None:
    results = study(tmp_path)
    name = f"{EXPERIMENT}.{HEARD}"
    path = results / "evaluation" / f"{name}.{SPLIT}.json"
    evaluated(path, {name: 0.02}, split=SPLIT, clips=CLIPS[1:], left_out={CLIPS[0]: "no keys"})
    found = studied(results)
    assert found.comparison.clips == len(CLIPS) - 1
    whole = f"{EXPERIMENT}.{REFERENCE}.{SPLIT}.json"
    assert f"1 clips of {whole} are left out, which another evaluation lacks" in found.notices


def test_evaluations_without_a_clip_in_common_are_an_error(tmp_path: Path) -> None:
    results = study(tmp_path)
    name = f"{EXPERIMENT}.{HEARD}"
    halves = [{"clips": CLIPS[:6], "left_out": dict.fromkeys(CLIPS[6:], "")}]
    halves.append({"clips": CLIPS[6:], "left_out": dict.fromkeys(CLIPS[:6], "")})
    for own, half in zip((f"{EXPERIMENT}.{REFERENCE}", name), halves, strict=True):
        evaluated(results / "evaluation" / f"{own}.{SPLIT}.json", {own: 0.02}, split=SPLIT, **half)
    with pytest.raises(ConfigError, match="have no clip in common"):
        studied(results, REFERENCE, HEARD)
