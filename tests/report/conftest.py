"""What the tests of reports share."""

from __future__ import annotations

from functools import partial

import pytest

from kmtalk_model import statistics


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of few resamples: what they are is the matter of tests/test_statistics_of_clips.py."""
    for name in ("ratio", "paired"):
        monkeypatch.setattr(statistics, name, partial(getattr(statistics, name), resamples=100))
