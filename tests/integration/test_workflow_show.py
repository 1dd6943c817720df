"""What the workflow makes for people, by dry runs: comparisons, curves, and utterances to look at."""

from __future__ import annotations

import pytest

from tests.integration.test_workflow_train import Job, build, made, planned, write
from tests.workflow_build import Build

__all__ = ["build"]
# The second's name is no plain file name.
SHOWN = ("ann_sentence01", "50% off, ben")
ENCODED = ("ann_sentence01", "50%25%20off%2C%20ben")


def show(build: Build) -> None:
    """Two experiments of different key frames, and two recordings to look at, whose content no dry run reads."""
    (build.folder / "data" / "wav").mkdir()
    for one in SHOWN:
        (build.folder / "data" / "wav" / f"{one}.wav").touch()
    write(build, "other", "base: main\nkeys: {selector: uniform_33}")
    build.config |= {"train": ["main", "other"], "show": list(SHOWN)}


def only(jobs: list[Job], rule: str) -> list[Job]:
    return [job for job in jobs if job.rule == rule]


def test_experiments_are_compared_and_their_training_drawn(build: Build) -> None:
    write(build, "other", "base: main\ncompletion: {key_source: noise}")
    build.config |= {"train": ["main", "other"], "test": {"testA": ["other"]}}
    jobs = planned(build)
    [on_val], [on_test] = only(jobs, "compare"), only(jobs, "compare_test")
    assert on_val.reads == {f"evaluation/{name}.{kind}" for name in ("main", "other") for kind in ("json", "parquet")}
    assert on_test.reads == {"evaluation/other.testA.json", "evaluation/other.testA.parquet"}
    kinds = ("html", "svg", "csv", "md")
    assert on_val.makes == {f"tables/comparison.{kind}" for kind in kinds}
    assert on_test.makes == {f"tables/comparison.testA.{kind}" for kind in kinds}
    drawn = {next(iter(job.makes)): job.reads for job in only(jobs, "curves")}
    assert drawn["curves/other.svg"] == {
        *("runs/other/run.json", "runs/main/key_motion/stage.json", "runs/other/completion/stage.json")
    }
    assert set(drawn) == {"curves/main.svg", "curves/other.svg"}


def test_what_is_shown_is_made_when_it_is_asked_for_alone(build: Build) -> None:
    show(build)
    assert not {job.rule for job in planned(build)} & {"predict", "captured", "render", "figure", "view"}
    files = made(planned(build, "show"))
    for one in ENCODED:
        assert {f"viewer/{one}.html", f"animations/captured/{one}.npz"} <= files
        for name in ("main", "other"):
            assert {f"animations/{name}/{one}.npz", f"videos/{name}/{one}.mp4", f"figures/{name}/{one}.png"} <= files


def test_an_experiment_predicts_all_at_once_and_what_was_captured_goes_by_the_first(build: Build) -> None:
    show(build)
    jobs = planned(build, "show")
    predicted = {tuple(sorted(job.makes)): job.reads for job in only(jobs, "predict")}
    assert len(predicted) == 2
    [own] = [reads for makes, reads in predicted.items() if makes[0].startswith("animations/other/")]
    assert {"runs/other/run.json", "runs/other/completion/model.safetensors"} <= own
    assert "keyframes/reference.pocketsphinx.uniform_33/00000-of-00001.parquet" in own
    [captured] = only(jobs, "captured")
    keys = {path for path in captured.reads if path.startswith("keyframes/")}
    assert keys == {"keyframes/reference.pocketsphinx.phoneme/00000-of-00001.parquet"}


def test_a_page_shows_all_experiments_and_a_video_one(build: Build) -> None:
    show(build)
    jobs = planned(build, "show")
    pages = {next(iter(job.makes)): job.reads for job in only(jobs, "view")}
    assert pages["viewer/50%25%20off%2C%20ben.html"] == {
        f"animations/{name}/50%25%20off%2C%20ben.npz" for name in ("main", "other", "captured")
    }
    assert len(only(jobs, "render")) == len(only(jobs, "figure")) == 4
    assert all(len(job.reads) == 2 for job in [*only(jobs, "render"), *only(jobs, "figure")])


def test_without_anything_to_show_the_target_is_empty(build: Build) -> None:
    assert {job.rule for job in planned(build, "show")} <= {"show"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"show": ["ann_sentence02"]}, "config, show: the corpus has no utterance 'ann_sentence02'; it has: ann_sent"),
        ({"train": []}, "config, show: nothing is trained that could be shown; name an experiment under `train`"),
        ({"train": ["captured"]}, "config, train: 'captured' is what the captured motion is called"),
        ({"show": "ann_sentence01"}, "config, show: 'ann_sentence01' is not of type 'array'"),
    ],
)
def test_a_mistake_is_one_error_before_any_job(build: Build, change: dict[str, object], said: str) -> None:
    show(build)
    write(build, "captured", "base: main")
    build.config |= change
    output = build.run("--dry-run", "show", fails=True)
    assert said in output
    assert "Traceback" not in output
