"""Tests that share what one of them builds are a group, which pytest-xdist keeps on one worker."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_pytest_xdist_puts_a_group_together(request: pytest.FixtureRequest) -> None:
    """A pytest that it does not know yet can scatter the groups, silently: all is then built once a worker."""
    if request.config.getoption("loadgroup", default=False):
        assert request.node.nodeid.endswith("@together")
