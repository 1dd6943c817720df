"""cache.py: where KMTalk keeps what it made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.cache import cache_folder


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "a b"))
    assert cache_folder() == tmp_path / "a b"


def test_a_tilde_is_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KMTALK_CACHE", "~/own")
    assert cache_folder() == tmp_path / "own"


def test_else_it_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KMTALK_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder().name == "kmtalk"
    assert tmp_path in cache_folder().parents
