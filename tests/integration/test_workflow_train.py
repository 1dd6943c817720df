"""Experiments in the workflow, by dry runs: what is trained, of what, and what a mistake says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workflow_build import Build, config_of

SELECTORS = {"phoneme": {"kind": "phoneme"}, "uniform_33": {"kind": "uniform", "rate": 0.33}}
ENCODERS = {name: {"backend": "logmel", "n_mels": mels} for name, mels in (("logmel", 80), ("finer", 128))}
MAIN = """
preset: default
keys: {asr: reference, aligner: pocketsphinx, selector: phoneme}
audio: {encoder: logmel}
completion: {key_source: ground_truth}
"""


@dataclass(frozen=True)
class Job:
    """A job of a dry run: the files that it reads and makes, as paths below the results; what isn't known yet is not
    among them.
    """

    rule: str
    reads: frozenset[str]
    makes: frozenset[str]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A corpus of one shard, and the experiment `main`."""
    (tmp_path / "data").mkdir()
    changes = {"selector": SELECTORS, "encoder": ENCODERS, "experiments": "experiments", "train": ["main"]}
    build = Build(tmp_path, config_of("data", shards=1, **changes))
    write(build, "main", MAIN)
    return build


def write(build: Build, name: str, text: str) -> None:
    (build.folder / "experiments").mkdir(exist_ok=True)
    (build.folder / "experiments" / f"{name}.yaml").write_text(text)


def planned(build: Build, *targets: str) -> list[Job]:
    """The jobs that snakemake would run."""
    text = build.run("--dry-run", *targets)
    found = re.findall(r"^(?:rule|checkpoint) (\w+):\n((?:    .+\n)+)", text, re.MULTILINE)

    def files(lines: str, kind: str) -> frozenset[str]:
        listed = re.search(rf"^    {kind}: (.*)$", lines, re.MULTILINE)
        return frozenset(
            path.removeprefix("results/small/") for path in (listed[1].split(", ") if listed else []) if "<" not in path
        )

    return [Job(rule, files(lines, "input"), files(lines, "output")) for rule, lines in found]


def trained(jobs: list[Job]) -> dict[str, Job]:
    """The training jobs by experiment and stage."""
    return {
        path.removeprefix("runs/").removesuffix("/model.safetensors"): job
        for job in jobs
        if job.rule == "train"
        for path in job.makes
        if path.endswith("model.safetensors")
    }


def made(jobs: list[Job]) -> set[str]:
    return {path for job in jobs for path in job.makes}


def test_an_experiment_is_trained_assembled_and_scored(build: Build) -> None:
    jobs = planned(build)
    stages = trained(jobs)
    assert set(stages) == {"main/key_motion", "main/completion"}
    for job in stages.values():
        assert "keyframes/reference.pocketsphinx.phoneme/00000-of-00001.parquet" in job.reads
        assert "features/logmel/00000-of-00001.safetensors" in job.reads
    (assembled,) = [job for job in jobs if job.rule == "assemble"]
    assert {f"runs/{stage}/model.safetensors" for stage in stages} <= assembled.reads
    (scored,) = [job for job in jobs if job.rule == "evaluate"]
    assert "runs/main/run.json" in scored.reads
    assert scored.makes == {"evaluation/main.json", "evaluation/main.parquet"}


def test_where_nothing_is_to_be_trained_nothing_is_planned_for_it(build: Build) -> None:
    build.config["train"] = []
    rules = {job.rule for job in planned(build)}
    assert "keyframes" in rules
    assert not rules & {"train", "assemble", "evaluate", "evaluate_test", "features"}


def test_key_frames_and_features_of_an_experiment_are_made_though_the_config_lists_neither(build: Build) -> None:
    write(build, "other", "base: main\nkeys: {selector: uniform_33}\naudio: {encoder: finer}")
    build.config["train"] = ["other"]
    files = made(planned(build))
    assert "keyframes/reference.pocketsphinx.uniform_33/00000-of-00001.parquet" in files
    assert "features/finer/00000-of-00001.safetensors" in files
    assert "features/logmel/00000-of-00001.safetensors" not in files


def test_what_an_experiment_shares_with_its_base_is_trained_once(build: Build) -> None:
    write(build, "noisy", "base: main\ncompletion: {key_source: noise}")
    build.config["train"] = ["main", "noisy"]
    jobs = planned(build)
    assert set(trained(jobs)) == {"main/key_motion", "main/completion", "noisy/completion"}
    assert "evaluation/noisy.json" in made(jobs)


@pytest.mark.parametrize(
    ("source", "reads"), [("ground_truth", False), ("noise", False), ("predicted", True), ("mixed", True)]
)
def test_the_completion_waits_for_key_motions_only_where_it_is_trained_on_predicted_ones(
    build: Build, source: str, reads: bool
) -> None:
    write(build, "other", f"base: main\ncompletion: {{key_source: {source}}}")
    build.config["train"] = ["other"]
    stages = trained(planned(build))
    (completion,) = [job for name, job in stages.items() if name.endswith("/completion")]
    assert ("runs/main/key_motion/model.safetensors" in completion.reads) == reads


def test_the_single_stage_decoder_is_trained_alone(build: Build) -> None:
    write(build, "alone", "base: main\nsystem: single_stage")
    build.config["train"] = ["alone"]
    assert {name.partition("/")[2] for name in trained(planned(build))} == {"single_stage"}


def test_another_split_is_scored_for_those_that_test_names(build: Build) -> None:
    write(build, "other", "base: main\nseed: 5")
    build.config |= {"train": ["main", "other"], "test": {"testA": ["other"]}}
    files = made(planned(build))
    assert {"evaluation/main.json", "evaluation/other.json", "evaluation/other.testA.json"} <= files
    assert "evaluation/main.testA.json" not in files


@pytest.mark.parametrize(
    ("change", "text", "said"),
    [
        ({"train": ["nobody"]}, MAIN, "there is no experiment 'nobody'; choose from: main"),
        ({"train": ["Main"]}, MAIN, "config, train.0: 'Main' does not match"),
        ({"experiments": "nowhere"}, MAIN, "config, experiments: nowhere: there is no such folder"),
        ({"test": {"testA": ["other"]}}, MAIN, "config, test, testA: 'other' is not trained; choose from: main"),
        ({}, MAIN.replace("logmel", "loud"), "there is no encoder block 'loud'; choose from: finer, logmel"),
        ({}, MAIN.replace("reference", "heard"), "experiment main, keys: there is no asr block 'heard'"),
        ({}, MAIN + "sead: 1", "main.yaml: unknown key sead"),
        ({}, MAIN + "seed: [", "main.yaml: cannot be read as YAML"),
    ],
)
def test_a_mistake_is_one_error_before_any_job(build: Build, change: dict[str, object], text: str, said: str) -> None:
    build.config |= change
    write(build, "main", text)
    output = build.run("--dry-run", fails=True)
    assert said in output
    assert "Traceback" not in output
