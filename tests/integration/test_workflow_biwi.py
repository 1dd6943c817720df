"""From BIWI's download to key frames: the download is made up, the speech is the demo's."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from kmtalk_align.audio import measure
from kmtalk_align.tables import KEY_FRAMES
from tests import made_biwi
from tests.workflow_build import DEMO, RUN, Build, config_of, demo_ids, jobs

pytestmark = pytest.mark.xdist_group("workflow")
SPOKEN = dict(zip(("F2_e01", "M3_e33"), demo_ids(2), strict=True))


@pytest.fixture(scope="module")
def biwi(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Key frames of two sequences; the 558 others are missing."""
    folder = tmp_path_factory.mktemp("biwi")
    root = folder / "download"
    for one, demo_id in SPOKEN.items():
        subject, _, _ = one.partition("_")
        made_biwi.add_template(root, subject)
        frames = round(measure(DEMO / "wav" / f"{demo_id}.flac").duration_s * 25)
        made_biwi.add_sequence(root, one, frames=made_biwi.motion_of(one, frames))
        (root / "videos" / f"{one}.flv").unlink()
        shutil.copy(DEMO / "wav" / f"{demo_id}.flac", root / "videos" / f"{one}.flac")
    config = config_of("download") | {
        "corpus": {"name": "small", "type": "biwi", "root": "download", "shards": 2, "include": list(SPOKEN)},
        "asr": {"reference": {"backend": "faster_whisper", "model": "tiny.en"}},
    }
    build = Build(folder, config)
    build.run()
    return build


def test_key_frames_are_made_of_the_converted_corpus(biwi: Build) -> None:
    folder = biwi.results / "keyframes" / f"{RUN}.phoneme"
    rows = {row["utterance_id"]: row for path in folder.glob("*.parquet") for row in KEY_FRAMES.read(path)}
    assert {one: (row["status"], row["source"]) for one, row in rows.items()} == dict.fromkeys(
        SPOKEN, ("ok", "phoneme")
    )
    for one, row in rows.items():
        motion = np.load(biwi.results / "converted/vertices_npy" / f"{one}.npy")
        assert motion.shape == (row["n_frames"], made_biwi.V * 3)


def test_a_second_run_has_nothing_to_do(biwi: Build) -> None:
    assert "Nothing to be done" in biwi.run()


def test_what_changes_nothing_but_an_archives_time_is_converted_and_no_more(biwi: Build) -> None:
    folder = biwi.results / "converted/vertices_npy"
    before = {path.stem: path.stat().st_mtime_ns for path in folder.iterdir()}
    archive = biwi.folder / "download/faces/F2/e01.tar"
    os.utime(archive, (archive.stat().st_atime, archive.stat().st_mtime + 9))
    assert jobs(biwi.run()) == {"convert": 1, "prepare": 1, "quality": 1, "default": 1}
    after = {path.stem: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert [one for one in SPOKEN if after[one] != before[one]] == ["F2_e01"]
