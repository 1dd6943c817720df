"""The workflow over the user's own TextGrids, in folders whose names have spaces."""

from __future__ import annotations

import shutil
from pathlib import Path

from kmtalk_align.shards import shard_name, shard_of
from kmtalk_align.tables import KEY_FRAMES
from tests.workflow_build import Build, config_of, copy_demo, demo_ids, jobs

IDS = demo_ids(4)


def test_own_textgrids_need_no_transcripts_and_are_inputs(tmp_path: Path) -> None:
    copy_demo(tmp_path / "my data", IDS)
    made = Build(tmp_path / "made", config_of("../my data", shards=2))
    made.run()
    own = tmp_path / "my text grids"
    own.mkdir()
    for path in (made.results / "textgrids").rglob("*.TextGrid"):
        shutil.copy(path, own)
    shutil.rmtree(tmp_path / "my data" / "transcripts")
    build = Build(tmp_path / "own", config_of("../my data", shards=2, corrections="../my corrections"))
    (tmp_path / "my corrections").mkdir()
    build.config["aligner"] = {"pocketsphinx": {"backend": "textgrid", "folder": str(own)}}
    ran = jobs(build.run())
    assert not ran["transcribe"]
    for folder in ("keyframes", "alignments"):
        pattern = f"{folder}/**/*.parquet"
        assert [path.read_bytes() for path in sorted(made.results.glob(pattern))] == [
            path.read_bytes() for path in sorted(build.results.glob(pattern))
        ]
    (own / f"{IDS[0]}.TextGrid").unlink()
    assert jobs(build.run())["align"] == 1
    shard = shard_name(shard_of(IDS[0], 2), 2)
    rows = {
        row["utterance_id"]: row
        for row in KEY_FRAMES.read(build.results / "keyframes" / "reference.pocketsphinx.phoneme" / f"{shard}.parquet")
    }
    assert rows[IDS[0]]["source"] == "fallback"
    assert "has no TextGrid" in rows[IDS[0]]["message"]
