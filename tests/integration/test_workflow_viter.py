"""The workflow with an aligner that is trained on the corpus: one model, which the shards' jobs take."""

from __future__ import annotations

import json

import pytest

from kmtalk_align.tables import KEY_FRAMES, TEXTGRID_STATUS
from tests.workflow_build import Build, config_of, copy_demo, demo_ids, jobs

IDS = demo_ids(6)
pytestmark = pytest.mark.xdist_group("viter")


def test_a_model_is_trained_once_and_all_shards_are_aligned_by_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("a trained aligner")
    copy_demo(folder / "my data", IDS)
    aligner = {"own": {"backend": "viter", "train": {"transcripts": "reference"}}}
    runs = [{"asr": "reference", "aligner": "own", "selector": "phoneme"}]
    build = Build(folder, config_of("my data", shards=2, aligner=aligner, runs=runs))
    ran = jobs(build.run())
    assert {rule: ran[rule] for rule in ("train_aligner", "align", "parse")} == {
        "train_aligner": 1,
        "align": 2,
        "parse": 2,
    }
    trained = build.results / "aligners" / "own"
    assert json.loads((trained / "training.json").read_text())["utterances"] == len(IDS)
    rows = [
        row
        for path in (build.results / "textgrids" / "reference.own").glob("*.status.parquet")
        for row in TEXTGRID_STATUS.read(path)
    ]
    assert {row["utterance_id"]: row["status"] for row in rows} == dict.fromkeys(IDS, "ok")
    keys = [row for path in (build.results / "keyframes").rglob("*.parquet") for row in KEY_FRAMES.read(path)]
    assert {row["source"] for row in keys} == {"phoneme"}
    assert "Nothing to be done" in build.run()
    assert build.temporary_files() == []

    build.config["aligner"]["own"]["beam"] = 12
    said = build.run(fails=True)
    assert "was made with other settings: beam was 10.0, is now 12.0" in said
