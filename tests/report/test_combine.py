"""report/combine.py and report/scored.py: evaluations of several runs as one comparison."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.errors import ArtefactError, ConfigError, KMTalkError
from kmtalk_model.protocols import PROTOCOLS
from kmtalk_model.report.combine import combine
from kmtalk_model.report.scored import evaluation_of
from kmtalk_model.rivals import RIVALS
from tests.report.evaluated import CLIPS, evaluated


def test_two_evaluations_come_to_what_one_of_both_says(tmp_path: Path) -> None:
    apart = combine([evaluated(tmp_path / "a.json", {"a": 0.02}), evaluated(tmp_path / "b.json", {"b": 0.03})])
    both = json.loads(evaluated(tmp_path / "both.json", {"a": 0.02, "b": 0.03}).read_text())
    found = apart.comparison.as_json()
    assert list(found["systems"]) == ["a", "b", *RIVALS]
    assert apart.rivals == set(RIVALS)
    for system, said in both["systems"].items():
        assert found["systems"][system]["figures"] == said["figures"]
        for kind in said.keys() - {"figures"}:
            for metric, one in said[kind].items():
                assert flat(found["systems"][system][kind][metric]) == pytest.approx(flat(one), rel=1e-9, abs=1e-12)
    assert {key: found[key] for key in found.keys() - {"systems"}} == {
        key: both[key] for key in both.keys() - {"systems"}
    }


def flat(estimate: dict[str, Any]) -> list[float]:
    return [
        number
        for one in estimate.values()
        for number in (flat(one) if isinstance(one, dict) else [] if one is None else [one])
    ]


def test_the_reference_is_the_first_run_or_the_one_asked_for(tmp_path: Path) -> None:
    paths = [evaluated(tmp_path / "b.json", {"b": 0.03}), evaluated(tmp_path / "a.json", {"a": 0.02})]
    assert combine(paths).comparison.reference == "b"
    assert combine(paths, "a").comparison.differences["b"]["lip_vertex_error"].absolute.value > 0  # type: ignore[operator]
    with pytest.raises(ConfigError, match="there is no system 'c'; choose from: b, a, mean pose"):
        combine(paths, "c")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"protocol": "per_sequence"}, "is of protocol 'per_sequence', and {a} of 'codetalker'"),
        ({"corpus": "other"}, "is of corpus 'other', and {a} of 'made'"),
        ({"split": "testA"}, "is of split 'testA', and {a} of 'val'"),
        ({"clips": CLIPS[1:]}, "and {a} are of other clips of val: clip00 is in one of them alone"),
        ({"frames": 51}, "clip00, of ann, is other motion than in {a}"),
    ],
)
def test_what_must_not_stand_in_one_column_is_an_error_that_names_both(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    first, other = evaluated(tmp_path / "a.json", {"a": 0.02}), evaluated(tmp_path / "b.json", {"b": 0.03}, **change)
    with pytest.raises(ConfigError) as caught:
        combine([first, other])
    assert str(caught.value).startswith(f"{other}: {said.format(a=first)}")


def test_a_clip_that_one_evaluation_left_out_is_left_out_for_all_and_it_is_said(tmp_path: Path) -> None:
    found = combine(
        [
            evaluated(tmp_path / "a.json", {"a": 0.02}),
            evaluated(tmp_path / "b.json", {"b": 0.03}, clips=CLIPS[1:], left_out={CLIPS[0]: "too loud"}),
        ]
    ).comparison
    assert [clip.utterance_id for clip in found.scores["a"]] == list(CLIPS[1:])
    assert found.left_out == {CLIPS[0]: "too loud"}
    assert found.notices == ("1 clips of a.json are left out, which another evaluation lacks",)


def test_a_rival_that_differs_is_told_apart_and_it_is_said(tmp_path: Path) -> None:
    found = combine(
        [evaluated(tmp_path / "a.json", {"a": 0.02}), evaluated(tmp_path / "b.json", {"b": 0.03}, ridge=0.2)]
    )
    own = "ridge regression (b)"
    assert list(found.comparison.scores) == ["a", "b", *RIVALS, own]
    assert found.rivals == {*RIVALS, own}
    assert found.comparison.figures[own] == {"penalty": 10.0}
    [notice] = found.comparison.notices
    assert notice.startswith("ridge regression is another in b.json than in a.json")


def test_one_run_in_two_evaluations_is_shown_once_unless_they_disagree(tmp_path: Path) -> None:
    first = evaluated(tmp_path / "a.json", {"a": 0.02})
    both = evaluated(tmp_path / "both.json", {"a": 0.02, "b": 0.03})
    assert list(combine([first, both]).comparison.scores) == ["a", "b", *RIVALS]
    with pytest.raises(ConfigError, match=r"again\.json: has other figures of a than .*a\.json"):
        combine([first, evaluated(tmp_path / "again.json", {"a": 0.021})])


def test_closure_by_other_alignments_is_left_out_and_it_is_said(tmp_path: Path) -> None:
    paths = [
        evaluated(tmp_path / "a.json", {"a": 0.02}),
        evaluated(tmp_path / "b.json", {"b": 0.03}, aligned="asr.other"),
    ]
    found = combine(paths).comparison
    assert [metric.label for metric in found.metrics if "closure" in metric.label] == []
    why = "is left out: the evaluations go by other alignments: asr.aligner, asr.other"
    assert found.notices == (f"closure {why}", f"absolute closure {why}")


def test_a_metric_that_one_evaluation_lacks_is_left_out_and_it_is_said(tmp_path: Path) -> None:
    fewer = tuple(one for one in PROTOCOLS["codetalker"].metrics if one.needs is None)
    paths = [evaluated(tmp_path / "a.json", {"a": 0.02}, metrics=fewer), evaluated(tmp_path / "b.json", {"b": 0.03})]
    found = combine(paths).comparison
    assert found.metrics == fewer
    assert "opening r is left out: not every evaluation has it" in found.notices


def test_lengths_keep_their_unit(tmp_path: Path) -> None:
    found = combine([evaluated(tmp_path / "a.json", {"a": 0.02}, protocol="millimetre")]).comparison
    assert found.unit == "metre"
    assert found.unit_of(found.metrics[0]) == "millimetre"
    assert combine([evaluated(tmp_path / "b.json", {"b": 0.02}, unit="cm")]).comparison.unit == "cm"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is no readable evaluation"),
        ("[1, 2]", "is no readable evaluation"),
        ("{", "is no readable evaluation"),
        ('{"version": 1, "protocol": "codetalker", "systems": {"a": {"figures": {}}}}', r"\(KeyError: 'metrics'\)"),
        ('{"version": 1, "protocol": "codetalker", "systems": ["a"]}', r"is no readable evaluation \(AttributeError"),
    ],
)
def test_a_file_that_is_no_evaluation_is_one_error(tmp_path: Path, content: str | None, said: str) -> None:
    path = evaluated(tmp_path / "a.json", {"a": 0.02})
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(ArtefactError, match=said):
        combine([path])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 9}, "is of version 9"),
        ({"protocol": "mse"}, "protocol 'mse', which this release does not know"),
        ({"systems": {}}, "it lacks systems"),
        ({"systems": {"b": {"figures": {}}}}, r"a\.parquet: does not belong to a\.json"),
    ],
)
def test_an_evaluation_of_another_kind_is_one_error(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = evaluated(tmp_path / "a.json", {"a": 0.02})
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ArtefactError, match=said):
        combine([path])


def test_an_evaluation_that_lacks_a_part_is_one_error_that_names_it(tmp_path: Path) -> None:
    path = evaluated(tmp_path / "a.json", {"a": 0.02})
    said = json.loads(path.read_text())
    del said["left_out"]
    path.write_text(json.dumps(said))
    with pytest.raises(ArtefactError, match="it lacks left_out"):
        combine([path])


def test_a_table_of_other_clips_or_none_is_one_error(tmp_path: Path) -> None:
    path, table = evaluated(tmp_path / "a.json", {"a": 0.02}), tmp_path / "a.parquet"
    evaluated(tmp_path / "b.json", {"b": 0.02})
    (tmp_path / "b.parquet").replace(table)
    with pytest.raises(ArtefactError, match=r"a\.parquet: does not belong to a\.json"):
        combine([path])
    table.unlink()
    with pytest.raises(ArtefactError, match=r"a\.parquet: is missing"):
        combine([path])


def test_a_run_stands_for_its_evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "results" / "made" / "runs" / "tiny"
    run.mkdir(parents=True)
    (run / "run.json").touch()
    made = tmp_path / "results" / "made" / "evaluation"
    evaluated(made / "tiny.json", {"tiny": 0.02})
    evaluated(made / "tiny.testA.json", {"tiny": 0.02}, split="testA")
    assert evaluation_of(run) == evaluation_of(run / "run.json") == made / "tiny.json"
    assert evaluation_of(run, "testA") == made / "tiny.testA.json"
    assert evaluation_of(made / "tiny.json", "testA") == made / "tiny.json"
    monkeypatch.chdir(run)
    assert evaluation_of(Path()).resolve() == made / "tiny.json"


def test_a_run_that_was_not_scored_is_an_error_with_the_command_that_scores_it(tmp_path: Path) -> None:
    run = tmp_path / "results" / "made" / "runs" / "tiny"
    run.mkdir(parents=True)
    with pytest.raises(KMTalkError, match=r"is no run: it holds no run\.json"):
        evaluation_of(run)
    (run / "run.json").touch()
    with pytest.raises(ArtefactError) as caught:
        evaluation_of(run, "testA")
    wanted = tmp_path / "results" / "made" / "evaluation" / "tiny.testA.json"
    assert str(caught.value).startswith(f"{wanted}: is missing: the run was not scored on testA yet")
    assert f"`kmtalk evaluate {run} --root ROOT --split testA --output {wanted}` makes it" in str(caught.value)


def test_a_split_that_is_a_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ConfigError, match="is no split"):
        evaluation_of(tmp_path, "a/../b")
