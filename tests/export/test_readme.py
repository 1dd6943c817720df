"""The README of an export: its example runs, and it says what a stranger must know."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.splits import subject_of
from kmtalk_align.export import export_corpus
from tests.built_run import RUN


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def export(
    build_corpus: Callable[..., Path], build_run: Callable[..., Path], tmp_path: Path
) -> Callable[..., tuple[Path, str]]:
    def make(*ids: str, motion: bool = True, unaligned: tuple[str, ...] = ()) -> tuple[Path, str]:
        root = build_corpus(*ids, motion=motion)
        if motion:
            templates = {subject_of(one): np.ones((12, 3)) for one in (*ids, "ann_01", "ben_01")}
            (root / "templates.pkl").write_bytes(pickle.dumps(templates, 2))
        export_corpus(build_run(root, unaligned=unaligned), root, RUN, tmp_path / "out")
        return tmp_path / "out", (tmp_path / "out" / "README.md").read_text(encoding="utf-8")

    return make


@pytest.mark.parametrize(("motion", "shape"), [(True, "(5, 12, 3)"), (False, "(5,)")])
def test_its_example_runs_in_the_folder(motion: bool, shape: str, export: Callable[..., tuple[Path, str]]) -> None:
    folder, text = export("ann_sentence01", "ann_sentence02", "ben_sentence01", motion=motion)
    [code] = blocks(text, "python")
    code += f"print({'key_motion' if motion else 'key_times_s'}.shape)\n"
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == shape, done.stderr


def test_its_config_opens_the_folder(export: Callable[..., tuple[Path, str]]) -> None:
    folder, text = export()
    config = yaml.safe_load(blocks(text, "yaml")[0])["corpus"]
    corpus = FolderCorpus(**config | {"root": str(folder), "mouth_opening": tuple(config["mouth_opening"])}).open()
    assert (corpus.name, corpus.fps, corpus.unit) == ("made_up", 25.0, "metre")
    assert (corpus.mouth_opening, corpus.description) == ((4, 5), "Random vertices.")


def test_it_names_every_file_of_the_folder(export: Callable[..., tuple[Path, str]]) -> None:
    folder, text = export()
    for path in folder.iterdir():
        assert f"`{path.name}" in text or path.name == "README.md"


def test_it_says_what_the_data_is_and_which_choices_were_made(export: Callable[..., tuple[Path, str]]) -> None:
    ids = ("ann_sentence01", "ann_sentence02", "ann_sentence03", "ben_sentence01")
    _, text = export(*ids, unaligned=(ids[0],))
    for part in (
        "Random vertices.",
        "4 utterances: speech and motion, 12 vertices, unit metre, 25 frames a second",
        "`reference.own.phoneme`",
        "1 of them could not be aligned",
        "words and phones in time, for 3 utterances",
        "the corpus' own transcripts",
        "`--vertice_dim` is 36",
        "The subjects here: `ann ben`",
        "at 25 frames a second already",
    ):
        assert part in text
    assert "ids here have no subject" not in text


@pytest.mark.parametrize(
    ("utterance_id", "readable"),
    [("ann_x1", False), ("ann_wav01", False), ("ann_a.b_01", False), ("ann_s01.b", True), ("ann_sentence44", True)],
)
def test_it_says_which_ids_faceformers_loader_cant_read(
    utterance_id: str, readable: bool, export: Callable[..., tuple[Path, str]]
) -> None:
    _, text = export("ann_sentence01", "ann_sentence02", "ben_sentence01", utterance_id)
    assert "4 utterances" in text
    assert ("ids here have no subject" in text) == (not readable)
