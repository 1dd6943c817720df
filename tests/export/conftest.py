"""Fixtures of exports."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.built_run import build_run as build


@pytest.fixture
def build_run(tmp_path: Path) -> Callable[..., Path]:
    """Builds a run over a folder corpus; see `tests.built_run`."""
    return partial(build, tmp_path)
