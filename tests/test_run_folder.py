from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.errors import ArtefactError
from kmtalk_model.run_folder import Face, RunFolder
from tests.tiny_run import FACE, V, description, empty_stages, templates


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return empty_stages(tmp_path)


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text())
    edit(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize("system", ["kmtalk", "single_stage"])
def test_what_is_written_is_read_back(system: Any, runs: Path) -> None:
    written = RunFolder.write(runs / "tiny", description(system), templates())
    for path in (runs / "tiny", runs / "tiny" / "run.json"):
        found = RunFolder.load(path)
        assert found.run == written.run
        assert found.package == written.package != ""
        for subject, template in templates().items():
            np.testing.assert_array_equal(found.templates[subject], template)


def test_a_run_can_be_moved_with_the_stages_that_it_shares(runs: Path) -> None:
    RunFolder.write(runs / "tiny", description(), templates())
    shutil.copytree(runs, runs / "elsewhere")
    found = RunFolder.load(runs / "elsewhere" / "tiny")
    assert found.stage("completion") == runs / "elsewhere" / "base" / "completion"


def test_two_builds_are_the_same_bytes(runs: Path) -> None:
    kept = []
    for subjects in (templates(), dict(reversed(templates().items()))):
        RunFolder.write(runs / "tiny", description(), subjects)
        kept.append([path.read_bytes() for path in sorted((runs / "tiny").iterdir())])
    assert kept[0] == kept[1]


def test_a_face_is_what_corpus_json_says() -> None:
    corpus = {
        "name": "made-up",
        "fps": 25.0,
        "unit": "m",
        "vertex_count": V,
        "faces": [[0, 1, 2], [9, 10, 11]],
        "regions": {"lips": [1, 2, 3]},
        "mouth_opening": [2, 3],
        "shards": [],
    }
    assert Face.of(corpus) == FACE


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda values: values.update(version=99), "is of version 99, this release reads 1; assemble"),
        (lambda values: values.pop("version"), "no readable run"),
        (lambda values: values.pop("encoder"), "encoder"),
        (lambda values: values.update(extra=1), "unknown key extra"),
        (lambda values: values.update(system="other"), "system"),
        (lambda values: values["face"].update(vertex_count="many"), "vertex_count"),
        (lambda values: values["stages"].clear(), "names no trained stage"),
        (lambda values: values["stages"].update(completion="none"), "its stage completion lacks model.safetensors and"),
    ],
)
def test_a_run_file_that_is_wrong_is_refused(
    edit: Callable[[dict[str, Any]], object], message: str, runs: Path
) -> None:
    RunFolder.write(runs / "tiny", description(), templates())
    change(runs / "tiny" / "run.json", edit)
    with pytest.raises(ArtefactError, match=message):
        RunFolder.load(runs / "tiny")


@pytest.mark.parametrize("content", [None, "", "[]", "{", "[1]"])
def test_what_is_no_run_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"run\.json: is no readable run.*kmtalk assemble"):
        RunFolder.load(tmp_path)


def test_templates_that_are_missing_or_of_another_face_are_refused(runs: Path) -> None:
    with pytest.raises(ArtefactError, match=rf"template of ann.*\(3, 3\).*{V} vertices"):
        RunFolder.write(runs / "tiny", description(), {"ann": np.zeros((3, 3), np.float32)})
    with pytest.raises(ArtefactError, match="needs the template"):
        RunFolder.write(runs / "tiny", description(), {})
    assert not (runs / "tiny").exists()
    found = RunFolder.write(runs / "tiny", description(), templates())
    (runs / "tiny" / "templates.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"templates\.safetensors: cannot be read"):
        found.templates  # noqa: B018


def test_a_run_is_not_written_before_its_stages(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="its stage key_motion lacks"):
        RunFolder.write(tmp_path / "tiny", description(), templates())
    assert not (tmp_path / "tiny").exists()


def test_a_stage_that_the_run_has_not_is_named(runs: Path) -> None:
    found = RunFolder.write(runs / "tiny", description("single_stage"), templates())
    with pytest.raises(ArtefactError, match="has no stage 'completion'; its stages are: single_stage"):
        found.stage("completion")
