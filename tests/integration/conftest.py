"""Fixtures of the workflow's tests."""

from __future__ import annotations

import pytest

from tests.trained_build import Trained, trained_build
from tests.workflow_build import IDS, SHARDS, Build, config_of, copy_demo


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A finished build of a few recordings, one shard of which is empty: for tests in the group `workflow`, to copy.

    It lies in a folder whose name has spaces, as do its recordings and the corrections, of which there are none yet.
    """
    folder = tmp_path_factory.mktemp("a finished build")
    copy_demo(folder / "my data", IDS)
    (folder / "my corrections").mkdir()
    build = Build(folder, config_of("my data", shards=SHARDS, corrections="my corrections"))
    build.run()
    return build


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A finished build with tiny networks: for tests in the group `trained`, to copy where they change it."""
    return trained_build(tmp_path_factory.mktemp("trained"))
