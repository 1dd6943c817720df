"""A workflow's finished build with tiny networks, trained, scored and shown; tests that want one copy it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.textgrid import write_textgrid
from tests.built_run import PHONES, WORDS
from tests.folder_corpus import IDS, build_corpus
from tests.workflow_build import Build, config_of

EXPERIMENT = """
preset: default
keys: {asr: reference, aligner: own, selector: phoneme}
audio: {encoder: logmel}
key_motion: {network: {width: 8, heads: 2, components: 3}, training: {epochs: 1}}
completion: {network: {width: 8, heads: 2, components: 3}, training: {epochs: 1}}
"""
# Stands in for `kmtalk render`, `figure` and `view`, which need GL and the built viewer: says what it was given.
STAND_IN = """
kmtalk() {
    case $1 in
        render|figure|view) echo "$@" > "${@: -1}" ;;
        *) command kmtalk "$@" ;;
    esac
}
"""


@dataclass(frozen=True)
class Trained:
    """The build, and what Snakemake printed."""

    build: Build
    printed: str


def trained_build(folder: Path) -> Trained:
    """Train `tiny` on three utterances with motion and the user's own TextGrids, and show one of them."""
    splits = {"train": list(IDS[:2]), "val": [IDS[2]]}
    data = build_corpus(*IDS, root=folder / "data", splits=splits)
    (data / "regions" / "upper_face.txt").write_text("5, 6, 7")
    (folder / "own").mkdir()
    for one in IDS:
        write_textgrid(folder / "own" / f"{one}.TextGrid", Alignment(WORDS, PHONES, 0.4))
    (folder / "experiments").mkdir()
    (folder / "experiments" / "tiny.yaml").write_text(EXPERIMENT)
    (folder / "stand_in.sh").write_text(STAND_IN)
    build = Build(
        folder,
        config_of(
            "data",
            shards=1,
            aligner={"own": {"backend": "textgrid", "folder": "own"}},
            runs=[{"asr": "reference", "aligner": "own", "selector": "phoneme"}],
            encoder={"logmel": {"backend": "logmel"}},
            experiments="experiments",
            train=["tiny"],
            show=[IDS[2]],
        ),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BASH_ENV", str(folder / "stand_in.sh"))
        return Trained(build, build.run("--", "all", "show"))
