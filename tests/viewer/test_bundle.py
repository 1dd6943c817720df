from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.viewer import build as build_module
from kmtalk_model.viewer import bundle as bundle_module
from kmtalk_model.viewer.node import find_node
from tests.conftest import REPOSITORY


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The viewer's sources and bundle, somewhere else; no bundle is there yet."""
    shutil.copytree(bundle_module.SOURCE, tmp_path / "source")
    for module in (bundle_module, build_module):
        monkeypatch.setattr(module, "BUILT", tmp_path / "built" / "viewer.js")
    monkeypatch.setattr(bundle_module, "SOURCE", tmp_path / "source")
    return tmp_path


def write(digest: str) -> str:
    text = bundle_module.header(digest, "The MIT License\n") + "start();\n"
    bundle_module.BUILT.parent.mkdir(exist_ok=True)
    bundle_module.BUILT.write_text(text)
    return text


def test_a_bundle_counts_as_long_as_its_sources_are_the_same(copy: Path) -> None:
    text = write(bundle_module.sources_digest())
    assert bundle_module.read_bundle() == text
    assert bundle_module.finding().usable
    (copy / "source" / "main.js").write_text("other();")
    with pytest.raises(ArtefactError, match=r"other sources; run: python -m kmtalk_model\.viewer\.build"):
        bundle_module.read_bundle()
    assert not bundle_module.finding().usable


@pytest.mark.parametrize("content", [None, "start();"])
def test_without_a_bundle_the_error_says_how_to_build_it(content: str | None, copy: Path) -> None:
    if content is not None:
        bundle_module.BUILT.parent.mkdir()
        bundle_module.BUILT.write_text(content)
    with pytest.raises(ArtefactError, match=r"run: python -m kmtalk_model\.viewer\.build"):
        bundle_module.read_bundle()
    assert bundle_module.finding().mend == bundle_module.BUILD


def test_a_new_file_among_the_sources_counts_too(copy: Path) -> None:
    before = bundle_module.sources_digest()
    (copy / "source" / "extra.js").write_text("")
    assert bundle_module.sources_digest() != before


def fake(folder: Path, **programs: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, says in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{says}\n")
        (folder / name).chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="the programs here are shell scripts")
def test_an_old_node_or_one_without_npm_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("old", "bare", "python"):
        fake(tmp_path / name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{tmp_path / 'bare'}")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python" / "python"))
    with pytest.raises(ConfigError, match=r"needs Node\.js 18 or newer with npm; install it, or: pip install"):
        find_node()
    fake(tmp_path / "old", node="echo v16.20.2", npm="exit 0")
    fake(tmp_path / "bare", node="echo v22.1.0")
    with pytest.raises(ConfigError, match=r"old/node is of version 16; .*bare/node has no npm beside it"):
        find_node()
    # The wheel's lie beside Python.
    fake(tmp_path / "python", node="echo v24.19.0", npm="exit 0")
    assert find_node().npm == str(tmp_path / "python" / "npm")


@pytest.mark.skipif(sys.platform == "win32", reason="the programs here are shell scripts")
@pytest.mark.parametrize(
    ("npm", "node", "error", "message"),
    [
        ("echo ENOTFOUND; exit 7", "", ConfigError, r"npm can't fetch.*exit status 7\nENOTFOUND\n; is the registry"),
        ("exit 0", "echo Expected identifier; exit 1", ArtefactError, r"esbuild can't build.*\nExpected identifier"),
    ],
)
def test_a_step_that_fails_says_so_and_leaves_no_bundle(
    npm: str, node: str, error: type[Exception], message: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(copy / "programs", npm=npm, node=f'[ "$1" = --version ] && echo v20.0.0 && exit 0\n{node}')
    monkeypatch.setenv("PATH", f"{copy / 'programs'}:/usr/bin:/bin")
    with pytest.raises(error, match=f"(?s){message}"):
        build_module.build()
    with pytest.raises(SystemExit, match="error: "):
        build_module.main()
    assert not bundle_module.BUILT.exists()


_PLAYER = REPOSITORY / "tests" / "export" / "gltf_player"


def packages(folder: Path) -> dict[str, str]:
    """The version of each package that a folder's package.json asks for."""
    asked = json.loads((folder / "package.json").read_text())
    return {**asked["dependencies"], **asked.get("devDependencies", {})}


@pytest.mark.parametrize("folder", [bundle_module.SOURCE, _PLAYER])
def test_a_lock_names_exact_versions_and_no_address(folder: Path) -> None:
    lock = (folder / "package-lock.json").read_text()
    assert "://" not in lock
    locked = json.loads(lock)["packages"]
    for name, version in packages(folder).items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in one for path, one in locked.items() if path)


def test_gltf_files_are_played_by_what_the_viewer_is_made_of() -> None:
    assert packages(bundle_module.SOURCE).items() <= packages(_PLAYER).items()


@pytest.mark.xdist_group("browser")
def test_the_bundle_keeps_the_notice_of_three(bundle: str) -> None:
    assert "three.js authors" in bundle[:2000]
    assert "Permission is hereby granted, free of charge" in bundle[:2000]
