"""evaluation.py with scoring.py, captured.py and comparison.py: made-up predictions of made-up captures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, ConfigError, PredictionError
from kmtalk_model import metrics
from kmtalk_model.captured import CapturedCorpus
from kmtalk_model.comparison import SCORES, Comparison
from kmtalk_model.comparison_text import as_text
from kmtalk_model.evaluation import evaluate
from kmtalk_model.metrics import Vertices
from tests.made_capture import ALIGNED, LIPS, MOUTH_OPENING, UPPER_FACE, captured, motion, template

FRAMES = {"a": 30, "b": 50, "c": 90}
PHONES = {"a": [(0.0, 0.2, "P"), (0.4, 0.8, "AH0")], "b": [(0.2, 0.4, "m"), (1.0, 1.2, "B_I")], "c": []}


@dataclass
class Shifted:
    """A system that moves every vertex by `by`, and gives `more` frames than asked for."""

    name: str
    by: float
    more: int = 0
    only: Sequence[str] = tuple(FRAMES)
    said: Mapping[str, float] = field(default_factory=dict)

    def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
        for clip in reversed(clips):
            if clip.utterance_id in self.only:
                yield clip.utterance_id, moved(clip.utterance_id, self.by, self.more)

    def figures(self) -> Mapping[str, float]:
        return self.said


def moved(one: str, by: float, more: int = 0) -> Vertices:
    """The captured vertices, the lower lip lowered by `by` and all else by half of it, the motion of the rest kept."""
    found = motion(FRAMES[one], ord(one))
    found = np.concatenate([found, np.repeat(found[-1:], more, axis=0)])
    found[:, :, 1] -= by / 2
    found[:, MOUTH_OPENING[1], 1] -= by / 2
    return found


def corpus_of(folder: Path, splits: Mapping[str, str] | None = None, **said: Any) -> CapturedCorpus:
    where = splits or dict.fromkeys(FRAMES, "testA")
    clips = {one: (where[one], "ann", motion(frames, ord(one))) for one, frames in FRAMES.items()}
    return captured(folder, clips, phones=PHONES, **said)


@pytest.fixture
def corpus(tmp_path: Path) -> CapturedCorpus:
    return corpus_of(tmp_path)


def systems() -> list[Shifted]:
    return [Shifted("near", 0.02), Shifted("far", 0.1, said={"gate_share": 0.25})]


def test_the_figures_are_those_of_the_formulas(corpus: CapturedCorpus) -> None:
    found = evaluate(corpus, "testA", systems(), aligned=ALIGNED).estimates["far"]
    errors, losses, vertex_errors = [], [], []
    for one in FRAMES:
        predicted, real = moved(one, 0.1), motion(FRAMES[one], ord(one))
        errors.append(metrics.lip_vertex_errors(predicted, real, np.array(LIPS)))
        upper, still = np.array(UPPER_FACE), template("ann")
        losses.append(
            metrics.upper_face_dynamics(real, still, upper) - metrics.upper_face_dynamics(predicted, still, upper)
        )
        vertex_errors.append(metrics.mean_vertex_error(predicted, real))
    assert found["lip_vertex_error"].value == pytest.approx(np.concatenate(errors).mean())
    assert found["lip_vertex_error"].value == pytest.approx(0.1**2, rel=1e-4)
    assert found["upper_face_dynamics_deviation"].value == pytest.approx(np.mean(losses))
    assert found["absolute_upper_face_dynamics_deviation"].value == pytest.approx(np.mean(np.abs(losses)))
    assert found["mean_vertex_error"].value == pytest.approx(0.1 * (5 / 2 + 1) / 6, rel=1e-4)
    assert vertex_errors == pytest.approx([0.1 * 3.5 / 6] * 3, rel=1e-4)


def test_the_mouth_is_compared_at_the_bilabials(corpus: CapturedCorpus) -> None:
    result = evaluate(corpus, "testA", systems(), aligned=ALIGNED)
    excess = []
    for one, intervals in {"a": [(0.0, 0.2)], "b": [(0.2, 0.4), (1.0, 1.2)]}.items():
        openings = [metrics.mouth_openings(x, MOUTH_OPENING) for x in (moved(one, 0.1), motion(FRAMES[one], ord(one)))]
        predicted, real = (metrics.closest(one, intervals, 25) for one in openings)
        excess += list(predicted - real)
    found = result.estimates["far"]
    assert found["bilabial_closure_excess"].value == pytest.approx(np.mean(excess))
    assert found["absolute_bilabial_closure_error"].value == pytest.approx(np.mean(np.abs(excess)))
    assert found["bilabial_closure_excess"].clips == 2
    assert result.as_json()["bilabials"] == 3


def test_frames_are_pooled_or_clips_are(corpus: CapturedCorpus) -> None:
    @dataclass
    class Uneven(Shifted):
        def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
            for clip in clips:
                yield clip.utterance_id, moved(clip.utterance_id, 0.1 if clip.utterance_id == "c" else 0.2)

    lve = {
        name: evaluate(corpus, "testA", [Uneven("uneven", 0)], protocol=name).estimates["uneven"]["lip_vertex_error"]
        for name in ("codetalker", "per_sequence", "millimetre")
    }
    assert lve["codetalker"].value == pytest.approx((80 * 0.04 + 90 * 0.01) / 170, rel=1e-4)
    assert lve["per_sequence"].value == pytest.approx((0.04 + 0.04 + 0.01) / 3, rel=1e-4)
    assert lve["millimetre"].value == pytest.approx(1000 * (80 * 0.2 + 90 * 0.1) / 170, rel=1e-4)


def test_a_protocol_names_the_units_and_refuses_another_one(tmp_path: Path) -> None:
    metre = evaluate(corpus_of(tmp_path / "m"), "testA", systems(), protocol="millimetre").as_json()
    assert metre["protocol"] == "millimetre"
    assert metre["metrics"]["lip_vertex_error"]["unit"] == "millimetre"
    assert metre["metrics"]["upper_face_dynamics_deviation"]["unit"] == "millimetre^2"
    assert metre["systems"]["far"]["metrics"]["mean_vertex_error"]["value"] == pytest.approx(100 * 3.5 / 6, rel=1e-4)
    other = corpus_of(tmp_path / "o", unit="surface area")
    assert evaluate(other, "testA", systems()).as_json()["metrics"]["lip_vertex_error"]["unit"] == "surface area^2"
    with pytest.raises(ConfigError, match=r"millimetre is for a corpus in metre.*'surface area'.*codetalker, per_seq"):
        evaluate(other, "testA", systems(), protocol="millimetre")
    with pytest.raises(ConfigError, match="no protocol 'psnr'; choose from: codetalker"):
        evaluate(other, "testA", systems(), protocol="psnr")


def test_differences_are_to_the_reference(corpus: CapturedCorpus) -> None:
    result = evaluate(corpus, "testA", systems(), reference="far")
    assert list(result.differences) == ["near"]
    found = result.differences["near"]
    relative = found["lip_vertex_error"].relative
    assert relative is not None
    assert relative.value == pytest.approx(0.02**2 / 0.1**2 - 1, rel=1e-3)
    assert relative.high is not None
    assert relative.high < 0
    assert found["upper_face_dynamics_deviation"].relative is None
    assert "less_reference" not in result.as_json()["systems"]["far"]


def test_frames_beyond_the_capture_are_cut_off(corpus: CapturedCorpus) -> None:
    longer = evaluate(corpus, "testA", [Shifted("s", 0.1, more=7)], aligned=ALIGNED).as_json()
    assert longer == evaluate(corpus, "testA", [Shifted("s", 0.1)], aligned=ALIGNED).as_json()
    assert (longer["clips"], longer["frames"]) == (3, 170)


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (("b", moved("b", 0.1)[:49]), "b: s predicts 49 frames, 50 were captured"),
        (("b", moved("b", 0.1)[:, :5]), r"b: s predicts vertices of shape \(50, 5, 3\).*\(50, 6, 3\)"),
        (("b", moved("b", 0.1).reshape(50, 18)), r"b: s predicts vertices of shape \(50, 18\)"),
        (("b", moved("b", np.nan)), "b: s predicts vertices that are not finite"),
        (("z", moved("b", 0.1)), "z: s predicts a clip that was not asked for"),
        (("a", moved("a", 0.1)), "a: s predicts it twice"),
        (None, "b: s gives no prediction of it"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_names_the_clip(
    corpus: CapturedCorpus, prediction: tuple[str, Vertices] | None, message: str
) -> None:
    class Wrong(Shifted):
        def predict(self, clips: Sequence[Utterance]) -> Iterator[tuple[str, Vertices]]:
            yield "a", moved("a", 0.1)
            if prediction is not None:
                yield prediction

    with pytest.raises(PredictionError, match=message):
        evaluate(corpus, "testA", [Wrong("s", 0.0)])


@pytest.mark.parametrize("region", ["lips", "upper_face"])
def test_a_missing_region_is_named_with_what_to_add(tmp_path: Path, region: str) -> None:
    regions = {"lips": LIPS, "upper_face": UPPER_FACE}
    del regions[region]
    with pytest.raises(ConfigError, match=rf"no region '{region}', which the .* needs; put its .*{region}\.txt"):
        evaluate(corpus_of(tmp_path, regions=regions), "testA", systems())


def test_what_is_optional_is_left_out_and_said_so(tmp_path: Path) -> None:
    without = evaluate(corpus_of(tmp_path, mouth_opening=None), "testA", systems(), aligned=ALIGNED)
    names = {metric.name for metric in without.metrics}
    assert "lip_vertex_error" in names
    assert not names & {"mouth_opening_correlation", "bilabial_closure_excess", "absolute_bilabial_closure_error"}
    assert sum("names no mouth_opening" in notice for notice in without.notices) == 3


def test_closure_needs_alignments_that_are_there(corpus: CapturedCorpus) -> None:
    without = evaluate(corpus, "testA", systems())
    assert "closure is left out: no alignments were given (--alignments ASR.ALIGNER)" in without.notices
    with pytest.raises(ArtefactError, match=r"alignments/other\.aligner.*is missing"):
        evaluate(corpus, "testA", systems(), aligned="other.aligner")


def test_a_split_of_three_clips_says_so(corpus: CapturedCorpus) -> None:
    result = evaluate(corpus, "testA", systems())
    assert "the intervals are over 3 clips, too few to tell systems apart" in result.notices
    assert result.estimates["far"]["lip_vertex_error"].clips == 3


def test_an_unknown_split_names_those_there_are(corpus: CapturedCorpus) -> None:
    with pytest.raises(ConfigError, match=r"no clip .* in split 'testB'; its splits are: testA"):
        evaluate(corpus, "testB", systems())


def test_clips_left_out_are_counted_and_explained(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, failed={"a": "a: no sound"})
    left_out = {"b": "b: no features", "elsewhere": "of another split"}
    result = evaluate(corpus, "testA", [Shifted("s", 0.1, only=["c"])], left_out=left_out)
    assert result.as_json()["left_out"] == {"a": "a: no sound", "b": "b: no features"}
    assert result.clips == 1
    assert result.estimates["s"]["lip_vertex_error"].low is None
    assert any("2 clips of the split are left out; the first: a: no sound" in notice for notice in result.notices)
    with pytest.raises(ConfigError, match="no clip of split 'testA' is left; the first: a: no sound"):
        evaluate(corpus, "testA", systems(), left_out={"b": "b", "c": "c"})


def test_systems_have_names_of_their_own(corpus: CapturedCorpus) -> None:
    with pytest.raises(ConfigError, match="two systems are called near"):
        evaluate(corpus, "testA", [Shifted("near", 0.1), Shifted("near", 0.2)])
    with pytest.raises(ConfigError, match="no system 'ridge'; choose from: near, far"):
        evaluate(corpus, "testA", systems(), reference="ridge")


def test_the_json_is_plain_and_the_same_each_time(corpus: CapturedCorpus) -> None:
    said = [json.dumps(evaluate(corpus, "testA", systems(), aligned=ALIGNED).as_json(), allow_nan=False) for _ in "12"]
    assert said[0] == said[1]
    assert json.loads(said[0])["systems"]["far"]["figures"] == {"gate_share": 0.25}


def test_the_values_of_clips_give_the_figures_back(corpus: CapturedCorpus, tmp_path: Path) -> None:
    result: Comparison = evaluate(corpus, "testA", systems(), aligned=ALIGNED)
    SCORES.write(tmp_path / "scores.parquet", result.rows())
    rows = [row for row in SCORES.read(tmp_path / "scores.parquet") if row["system"] == "far"]
    pooled = sum(row["squared_lip_error"] * row["frames"] for row in rows) / sum(row["frames"] for row in rows)
    assert result.estimates["far"]["lip_vertex_error"].value == pytest.approx(pooled)
    assert {row["utterance_id"]: row["bilabial_closure_excess"] is None for row in rows} == {
        "a": False,
        "b": False,
        "c": True,
    }


def test_the_text_has_each_system_each_metric_and_each_notice(corpus: CapturedCorpus) -> None:
    text = as_text(evaluate(corpus, "testA", systems(), aligned=ALIGNED, reference="near"))
    lines = text.splitlines()
    assert lines[0].startswith(
        "made, testA: 3 clips, 170 frames; protocol codetalker; below each figure its 95% interval"
    )
    assert "less near, paired over clips" in lines
    assert "far: gate_share 0.25" in lines
    assert "note: the intervals are over 3 clips, too few to tell systems apart" in lines
    for label in ("LVE", "FDD", "absolute FDD", "MVE", "opening r", "closure", "absolute closure"):
        assert text.count(label) >= 2
    assert any(line.split()[:2] == ["far", "0.01"] for line in lines)
    assert any(line.split()[:2] == ["far", "+2400.0%"] for line in lines)
