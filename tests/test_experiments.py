"""experiments.py and recipe.py: what a trained stage depends on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kmtalk_align.errors import ConfigError
from kmtalk_model.experiments import Experiments, TrainedStage

OWN = Path(__file__).parents[1] / "workflow" / "experiments"


@pytest.fixture
def experiments(tmp_path: Path) -> Experiments:
    for name, text in {
        "main": "preset: default\ncompletion: {key_source: ground_truth}",
        "mixed": "base: main\ncompletion: {key_source: mixed}",
        "again": "base: mixed\nseed: 41",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return Experiments(tmp_path)


def test_stages_are_those_of_the_experiment_that_trains_them(experiments: Experiments) -> None:
    assert experiments.stages("mixed") == [TrainedStage("main", "key_motion"), TrainedStage("mixed", "completion")]
    assert experiments.stages("again") == [TrainedStage("again", "key_motion"), TrainedStage("again", "completion")]


def test_a_completion_on_mixed_keys_reads_the_key_motion_stage(experiments: Experiments) -> None:
    assert experiments.before(TrainedStage("mixed", "completion")) == [TrainedStage("main", "key_motion")]
    assert experiments.before(TrainedStage("main", "completion")) == []
    assert experiments.before(TrainedStage("mixed", "key_motion")) == []


def test_a_recipe_is_of_one_stage_and_of_those_it_is_trained_with(experiments: Experiments, tmp_path: Path) -> None:
    before = {name: [experiments.recipe(one) for one in experiments.stages(name)] for name in ("main", "mixed")}
    text = "preset: default\ncompletion: {key_source: ground_truth}\nkey_motion: {training: {epochs: 3}}"
    (tmp_path / "main.yaml").write_text(text)
    changed = Experiments(tmp_path)
    after = {name: [changed.recipe(one) for one in changed.stages(name)] for name in ("main", "mixed")}
    same = {name: [a == b for a, b in zip(before[name], after[name], strict=True)] for name in before}
    assert same == {"main": [False, True], "mixed": [False, False]}


def test_a_comment_changes_no_recipe(experiments: Experiments, tmp_path: Path) -> None:
    one = TrainedStage("main", "completion")
    before = experiments.recipe(one)
    path = tmp_path / "main.yaml"
    path.write_text(f"# A comment.\n{path.read_text()}")
    assert Experiments(tmp_path).recipe(one) == before


def test_an_unknown_experiment_is_an_error_that_lists_the_known(experiments: Experiments) -> None:
    with pytest.raises(ConfigError, match="there is no experiment 'nobody'; choose from: again, main, mixed"):
        experiments["nobody"]


@pytest.mark.parametrize("name", sorted(path.stem for path in OWN.glob("*.yaml")))
def test_each_experiment_of_the_project_can_be_read(name: str) -> None:
    assert Experiments(OWN).stages(name)


def test_what_snakemake_imports_loads_no_network_library() -> None:
    code = "import sys, kmtalk_model.dag; print(sorted({'torch', 'lightning', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_experiment_with_other_key_frames_needs_no_file(experiments: Experiments) -> None:
    assert experiments["main.whisper.viter.late"].keys.aligner == "viter"
    with pytest.raises(ConfigError, match="there is no experiment 'none'"):
        experiments["none.whisper.viter.late"]
