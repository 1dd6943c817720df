"""The workflow over the user's own TextGrids, in folders whose names have spaces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kmtalk_align.shards import shard_name, shard_of
from kmtalk_align.tables import KEY_FRAMES
from tests.workflow_build import IDS, RUN, SHARDS, Build, copy_demo, jobs


@pytest.mark.xdist_group("workflow")
def test_own_textgrids_need_no_transcripts_and_are_inputs(finished: Build, tmp_path: Path) -> None:
    copy_demo(tmp_path / "my data", IDS)
    shutil.rmtree(tmp_path / "my data" / "transcripts")
    own = tmp_path / "my text grids"
    own.mkdir()
    for path in (finished.results / "textgrids").rglob("*.TextGrid"):
        shutil.copy(path, own)
    (tmp_path / "my corrections").mkdir()
    aligner = {"pocketsphinx": {"backend": "textgrid", "folder": str(own)}}
    build = Build(tmp_path, finished.config | {"aligner": aligner})
    ran = jobs(build.run())
    assert not ran["transcribe"]
    for folder in ("keyframes", "alignments"):
        pattern = f"{folder}/**/*.parquet"
        assert [path.read_bytes() for path in sorted(finished.results.glob(pattern))] == [
            path.read_bytes() for path in sorted(build.results.glob(pattern))
        ]
    (own / f"{IDS[0]}.TextGrid").unlink()
    assert jobs(build.run())["align"] == 1
    shard = shard_name(shard_of(IDS[0], SHARDS), SHARDS)
    rows = {
        row["utterance_id"]: row
        for row in KEY_FRAMES.read(build.results / "keyframes" / f"{RUN}.phoneme" / f"{shard}.parquet")
    }
    assert rows[IDS[0]]["source"] == "fallback"
    assert "has no TextGrid" in rows[IDS[0]]["message"]
