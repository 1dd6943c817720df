"""The whole download, at two or three frames a sequence, from its archives to the tables."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from typer.testing import CliRunner

from kmtalk_align.audio import measure
from kmtalk_align.corpora.biwi import BiwiCorpus
from kmtalk_align.corpora.biwi.published import GAPS, UTTERANCE_IDS
from kmtalk_align.corpora.templates import read_templates
from kmtalk_align.corpus import Corpus
from kmtalk_align.tables import CORPUS
from kmtalk_model.cli import app
from tests import made_biwi
from tests.made_biwi import FACES, V

pytestmark = pytest.mark.xdist_group("biwi")
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def prepared(converted: BiwiCorpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, dict[str, Any]]:
    """Rows by id as `kmtalk prepare` writes them, and corpus.json."""
    folder = tmp_path_factory.mktemp("prepared")
    block = {"name": "biwi", "type": "biwi", "root": converted.root, "converted": converted.converted, "shards": 3}
    done = CliRunner().invoke(
        app, ["prepare", "--corpus", json.dumps(block), "--threads", "2", "--output", str(folder)]
    )
    assert done.exit_code == 0, done.output
    assert "536 utterances are ready, 24 failed" in done.output
    rows = [row for path in folder.glob("*.parquet") for row in CORPUS.read(path)]
    return {row["utterance_id"]: row for row in rows}, json.loads((folder / "corpus.json").read_bytes())


def meshes(corpus: Corpus, utterance_id: str) -> np.ndarray:
    array = np.load(corpus.root / "vertices_npy" / f"{utterance_id}.npy")
    assert array.dtype == np.float32
    assert array.shape == (made_biwi.frames_of(utterance_id), V * 3)
    return array.reshape(-1, V, 3)


def test_the_splits_are_as_the_published_loaders_count_them(prepared: tuple[Rows, dict[str, Any]]) -> None:
    rows, summary = prepared
    assert summary["splits"] == {"train": 190, "val": 24, "testA": 24, "testB": 32, "unassigned": 266}
    assert summary["utterances"] == {"ok": 536, "failed": 24}
    assert sorted(rows) == sorted(UTTERANCE_IDS)  # F2_05, said without emotion, is left out


def test_each_gap_is_a_failed_row_that_names_it(prepared: tuple[Rows, dict[str, Any]]) -> None:
    failed = {one: row["message"] for one, row in prepared[0].items() if row["status"] == "failed"}
    assert failed == {one: f"{one}: BIWI itself lacks this sequence" for one in GAPS}


def test_frames_and_seconds_fit(prepared: tuple[Rows, dict[str, Any]], converted: BiwiCorpus) -> None:
    rows, summary = prepared
    assert (summary["fps"], summary["unit"], summary["vertex_count"]) == (25, "unit surface area", V)
    assert summary["faces"] == FACES.tolist()
    for one, row in rows.items():
        if row["status"] == "ok":
            frames = made_biwi.frames_of(one)
            assert (row["n_frames"], row["sample_rate"]) == (frames, 44_100)
            assert row["duration_s"] == pytest.approx(frames / 25)
    assert measure(converted.root_folder() / "wav" / "F1_e01.wav").sample_rate == 44_100


def test_every_mesh_has_area_1_and_its_mean_at_the_origin(converted: BiwiCorpus) -> None:
    corpus = converted.open()
    assert corpus.faces is not None
    faces = corpus.faces
    motion = [mesh for one in UTTERANCE_IDS if one not in GAPS for mesh in meshes(corpus, one)]
    templates = list(read_templates(corpus.root / "templates.pkl").values())
    assert (len(motion), len(templates)) == (sum(made_biwi.frames_of(one) for one in set(UTTERANCE_IDS) - GAPS), 14)
    found = np.array([*motion, *templates]).astype(np.float64)
    assert np.abs(found.mean(axis=1)).max() < 1e-7
    triangles = found[:, faces].reshape(-1, 3, 3)
    areas = trimesh.triangles.area(triangles).reshape(len(found), -1).sum(axis=1)
    np.testing.assert_allclose(areas, 1, atol=3e-7)


def test_each_frame_is_the_captured_one_turned_centred_and_scaled(converted: BiwiCorpus) -> None:
    corpus = converted.open()
    for one in ("F2_e01", "M6_e40"):
        captured = made_biwi.motion_of(one, made_biwi.frames_of(one)).astype(np.float64)
        upright = captured @ np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1]])
        expected = upright - upright.mean(axis=1, keepdims=True)
        areas = [trimesh.Trimesh(frame, FACES, process=False).area for frame in expected]
        expected /= np.sqrt(areas)[:, None, None]
        np.testing.assert_allclose(meshes(corpus, one), expected, atol=1e-6)


def test_what_is_there_is_not_converted_again(
    converted: BiwiCorpus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kmtalk_align.corpora.biwi.conversion._write_motion", None)
    with caplog.at_level("INFO"):
        converted.convert(threads=2)
    assert caplog.messages[-1] == (
        "converted: train 190 of 192, val 24 of 24, testA 24 of 24, testB 32 of 32, unassigned 266 of 288"
    )
    assert "convert failed: F3_e02: BIWI itself lacks this sequence" in caplog.messages


def test_what_it_is_converted_to_is_a_folder_that_stands_alone(converted: BiwiCorpus, tmp_path: Path) -> None:
    alone = shutil.copytree(converted.root_folder(), tmp_path / "processed")
    (alone / "problems.json").unlink()
    corpus = BiwiCorpus(name="biwi", root=str(alone)).open()
    assert sorted(corpus.utterance_ids) == sorted(UTTERANCE_IDS)
    counts = Counter((corpus.examine(one).status) for one in [*sorted(GAPS), "F2_e01", "M1_e21"])
    assert counts == {"failed": 24, "ok": 2}
