"""The demo corpus in the workflow: its motion is made once, and where it lies is no part of any artefact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workflow_build import Build, config_of, jobs

CORPUS = {"name": "demo", "type": "demo", "fps": 5, "shards": 2}


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "cache"))
    return Build(tmp_path / "work", config_of("unused", corpus=CORPUS))


def test_motion_is_made_once_and_again_where_the_cache_was_emptied(build: Build, tmp_path: Path) -> None:
    assert jobs(build.run("--until", "prepare"))["prepare"] == 1
    made = build.digests()
    assert json.loads((build.results / "corpus" / "corpus.json").read_text())["vertex_count"] == 4790
    assert "Nothing to be done" in build.run("--until", "prepare")
    (tmp_path / "cache").rename(tmp_path / "old")
    assert jobs(build.run("--until", "prepare"))["prepare"] == 1
    assert build.digests() == made
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [
        path.name for path in (tmp_path / "old").iterdir()
    ]


def test_a_cache_that_cannot_be_written_is_one_error(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "file" / "cache"))
    output = build.run(fails=True)
    assert "KMTALK_CACHE" in output
    assert "Traceback" not in output
