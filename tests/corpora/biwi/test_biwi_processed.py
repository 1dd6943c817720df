"""BIWI as CodeTalker's scripts process it: wav/, vertices_npy/ and templates.pkl."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from kmtalk_align import dag
from kmtalk_align.corpora.biwi import BiwiCorpus
from kmtalk_align.corpora.biwi.published import GAPS, UTTERANCE_IDS
from kmtalk_align.errors import CorpusError
from kmtalk_align.tables import CORPUS
from kmtalk_model.cli import app
from tests.made_biwi import RATE, REAL_V, sheet

WORKFLOW = Path(__file__).parents[3] / "workflow"


@pytest.fixture
def processed(tmp_path: Path) -> Callable[..., Path]:
    """Builds the folder from ids, float64 as numpy gives them; `v` vertices."""

    def build(*ids: str, v: int = 12) -> Path:
        root = tmp_path / "BIWI"
        for part in ("wav", "vertices_npy"):
            (root / part).mkdir(parents=True)
        template = sheet(154, 152, REAL_V)[0][:v]
        for one in ids:
            soundfile.write(root / "wav" / f"{one}.wav", np.full(RATE * 3 // 25, 0.1), RATE)
            np.save(root / "vertices_npy" / f"{one}.npy", np.stack([template.ravel()] * 3))
        (root / "templates.pkl").write_bytes(pickle.dumps({one.partition("_")[0]: template for one in ids}, 2))
        return root

    return build


def test_the_published_sequences_are_listed_and_what_lacks_is_named(processed: Callable[..., Path]) -> None:
    config = BiwiCorpus(name="biwi", root=str(processed("F2_e01", "F2_e36", "M4_e40", "M1_e37", "F2_05")))
    assert not config.needs_conversion()
    corpus = config.open()
    assert set(corpus.utterance_ids) == {*UTTERANCE_IDS, "F2_05"}
    rows = {one: corpus.examine(one) for one in corpus.utterance_ids}
    assert {one: row.split for one, row in rows.items() if row.status == "ok"} == {
        "F2_e01": "train",
        "F2_e36": "val",
        "M4_e40": "testA",
        "M1_e37": "testB",
        "F2_05": "unassigned",  # FaceFormer's rule on the last two characters alone would take it for `train`
    }
    assert rows["F2_e36"].n_frames == 3
    assert rows["F3_e02"].message == "F3_e02: BIWI itself lacks this sequence"
    assert (rows["F3_e02"].split, rows["F3_e04"].split) == ("train", "train")
    assert rows["F3_e04"].message.startswith("F3_e04: is missing from this copy of BIWI")


def test_sound_without_motion_is_a_failed_row(processed: Callable[..., Path]) -> None:
    root = processed("F2_e01", "F2_e02")
    (root / "vertices_npy/F2_e02.npy").unlink()
    assert "has a recording and no motion" in BiwiCorpus(name="biwi", root=str(root)).open().examine("F2_e02").message


def test_include_and_exclude_know_what_is_missing(processed: Callable[..., Path]) -> None:
    root = str(processed("F2_e01"))
    assert BiwiCorpus(name="biwi", root=root, include=("F2_e01", "F3_e02")).open().utterance_ids == ["F2_e01", "F3_e02"]
    without = BiwiCorpus(name="biwi", root=root, exclude=tuple(GAPS)).open()
    assert set(without.utterance_ids) == set(UTTERANCE_IDS) - GAPS
    with pytest.raises(CorpusError, match="there is no utterance F9_e01"):
        BiwiCorpus(name="biwi", root=root, exclude=("F9_e01",)).open()


def test_regions_are_named_by_path_and_come_before_those_of_the_folder(processed: Callable[..., Path]) -> None:
    root = processed("F2_e01")
    (root / "regions").mkdir()
    for name, text in (("lips", "9"), ("lve", "3, 1, 2"), ("bad", "1, 12")):
        (root / "regions" / f"{name}.txt").write_text(text)
    (root / "regions/bad.txt").rename(root / "bad.txt")
    regions = {"lips": str(root / "regions/lve.txt")}
    assert BiwiCorpus(name="biwi", root=str(root), regions=regions).open().regions == {
        "lips": [1, 2, 3],
        "lve": [1, 2, 3],
    }
    for path, message in (("bad.txt", "beyond the template's 12"), ("none.txt", "cannot be read")):
        with pytest.raises(CorpusError, match=message):
            BiwiCorpus(name="biwi", root=str(root), regions={"lips": str(root / path)}).open()


def test_a_region_that_changes_has_the_corpus_looked_at_again(processed: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "lve.txt").write_text("1, 2")
    block = {"name": "biwi", "type": "biwi", "root": str(processed("F2_e01")), "shards": 1}
    block["regions"] = {"lips": str(tmp_path / "lve.txt")}
    before = dag.corpus_fingerprint(block)
    assert dag.corpus_fingerprint(block) == before
    (tmp_path / "lve.txt").write_text("1, 3")
    assert dag.corpus_fingerprint(block) != before


def test_the_real_vertices_and_published_regions_are_prepared(
    processed: Callable[..., Path], shared_data: Path, tmp_path: Path
) -> None:
    root = processed("F2_e01", "M6_e40", v=REAL_V)
    regions = {"lips": "biwi_lve.txt", "upper_face": "biwi_fdd.txt"}
    block: dict[str, Any] = {"name": "biwi", "type": "biwi", "root": str(root), "shards": 2}
    block["regions"] = {name: str(shared_data / "regions" / file) for name, file in regions.items()}
    done = CliRunner().invoke(app, ["prepare", "--corpus", json.dumps(block), "--output", str(tmp_path / "corpus")])
    assert done.exit_code == 0, done.output
    assert "2 utterances are ready, 558 failed" in done.output
    summary = json.loads((tmp_path / "corpus/corpus.json").read_bytes())
    assert {name: len(indices) for name, indices in summary["regions"].items()} == {"lips": 4996, "upper_face": 7784}
    assert (summary["vertex_count"], summary["fps"], summary["unit"]) == (REAL_V, 25, "unit surface area")
    rows = [row for path in (tmp_path / "corpus").glob("*.parquet") for row in CORPUS.read(path)]
    assert {row["utterance_id"]: row["n_frames"] for row in rows if row["status"] == "ok"} == {"F2_e01": 3, "M6_e40": 3}


def test_the_config_of_biwi_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = yaml.safe_load((WORKFLOW / "config/biwi.yaml").read_text(encoding="utf-8"))
    dag.check_config(config, WORKFLOW / "schemas/config.schema.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert dag.conversion_mark(config["corpus"]) == Path("results/biwi/converted/converted.json")
    assert set(config["show"]) < set(UTTERANCE_IDS)
