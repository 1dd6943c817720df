"""Which jobs run again after a change: nothing, or one shard."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kmtalk_align.quality.tables import GIVEN_TIMES
from kmtalk_align.shards import shard_name, shard_of
from kmtalk_align.tables import CLIPS, KEY_FRAMES
from tests.workflow_build import ARTEFACTS, DEMO, EMPTY_SHARD, IDS, RUN, SHARDS, Build, copy_demo, jobs

pytestmark = pytest.mark.xdist_group("workflow")
ONE_SHARD = {"transcribe": 1, "align": 1, "parse": 1, "keyframes": 1}


@pytest.fixture
def build(finished: Build, tmp_path: Path) -> Build:
    """A copy of the finished build, to change."""
    return finished.copy(tmp_path / "work")


def add(data: Path) -> str:
    copy_demo(data, ["slt_sentence24"])
    return "slt_sentence24"


def remove(data: Path) -> str:
    (data / "wav" / f"{IDS[1]}.flac").unlink()
    return IDS[1]


def edit(data: Path) -> str:
    shutil.copy(DEMO / "wav" / f"{IDS[3]}.flac", data / "wav" / f"{IDS[2]}.flac")
    shutil.copy(DEMO / "transcripts" / f"{IDS[3]}.txt", data / "transcripts" / f"{IDS[2]}.txt")
    return IDS[2]


def transcribe_again(data: Path) -> str:
    path = data / "transcripts" / f"{IDS[4]}.txt"
    path.write_text(path.read_text().rstrip(".\n") + " indeed.\n")
    return IDS[4]


def test_a_second_run_has_nothing_to_do(finished: Build) -> None:
    before = finished.digests()
    assert "Nothing to be done" in finished.run()
    assert finished.digests() == before


def test_an_empty_shard_is_legal(finished: Build) -> None:
    folder = finished.results / "keyframes" / f"{RUN}.phoneme"
    found = {path.stem: len(KEY_FRAMES.read(path)) for path in folder.glob("*.parquet")}
    assert set(found) == {shard_name(shard, SHARDS) for shard in range(SHARDS)}
    assert sum(found.values()) == len(IDS)
    assert found[shard_name(EMPTY_SHARD, SHARDS)] == 0


@pytest.mark.parametrize("change", [add, remove, edit, transcribe_again])
def test_one_changed_utterance_rebuilds_one_shard(build: Build, change: Callable[[Path], str]) -> None:
    before = build.digests()
    changed = change(build.folder / "my data")
    ran = jobs(build.run())
    assert {rule: ran[rule] for rule in ONE_SHARD} == ONE_SHARD
    shard = shard_name(shard_of(changed, SHARDS), SHARDS)
    after = build.digests()
    differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert all(shard in path or path == "corpus/corpus.json" for path in differing)
    assert f"keyframes/{RUN}.phoneme/{shard}.parquet" in differing
    assert ran["quality"] == 1
    assert "Nothing to be done" in build.run()


def test_touching_a_recording_rebuilds_nothing_below_prepare(build: Build) -> None:
    (build.folder / "my data" / "wav" / f"{IDS[0]}.flac").touch()
    ran = jobs(build.run())
    assert ran["prepare"] == 1
    assert not any(ran[rule] for rule in ONE_SHARD)
    assert not ran["quality"]


def test_word_times_rerun_the_quality_report_alone(build: Build) -> None:
    words = build.folder / "my data" / "words"
    words.mkdir()
    (words / f"{IDS[0]}.csv").write_text("start_s,end_s,word\n0.2,0.5,the\n")
    ran = jobs(build.run())
    assert ran["quality"] == 1
    assert not any(ran[rule] for rule in ONE_SHARD)
    assert GIVEN_TIMES.read(build.results / "quality" / "given_times.parquet")


def test_another_selector_reruns_key_frames_alone_and_the_report_is_of_the_runs_that_the_config_names(
    build: Build,
) -> None:
    build.config["selector"]["uniform_33"] = {"kind": "uniform", "rate": 0.33}
    build.config["runs"] = [{"asr": "reference", "aligner": "pocketsphinx", "selector": "uniform_33"}]
    ran = jobs(build.run())
    assert ran["keyframes"] == SHARDS
    assert not ran["prepare"] + ran["transcribe"] + ran["align"] + ran["parse"]
    assert ran["quality"] == 1
    clips = CLIPS.read(build.results / "quality" / "clips.parquet")
    assert {row["run"] for row in clips} == {f"{RUN}.uniform_33"}
    assert (build.results / "keyframes" / f"{RUN}.phoneme").is_dir()


def test_another_recogniser_reruns_nothing_above_transcripts(build: Build) -> None:
    before = build.digests()
    build.config["asr"]["given_text"] = {"backend": "reference"}
    build.config["runs"].append({"asr": "given_text", "aligner": "pocketsphinx", "selector": "phoneme"})
    ran = jobs(build.run())
    assert ran["prepare"] == 0
    assert ran["transcribe"] == ran["align"] == ran["keyframes"] == SHARDS
    after = build.digests()
    assert {path: after[path] for path in before} == before


def test_a_correction_is_read_and_its_removal_too(build: Build) -> None:
    before = build.digests()
    shard = shard_name(shard_of(IDS[0], SHARDS), SHARDS)
    made = build.results / "textgrids" / RUN / shard / f"{IDS[0]}.TextGrid"
    correction = build.folder / "my corrections" / f"{IDS[0]}.TextGrid"
    correction.write_text(made.read_text().replace('text = "AH"', 'text = "AA"').replace('text = "SIL"', 'text = ""'))
    ran = jobs(build.run())
    assert ran["parse"] == ran["keyframes"] == 1
    assert not ran["align"]
    assert build.digests() != before
    correction.unlink()
    assert jobs(build.run())["parse"] == 1
    assert build.digests() == before


def test_the_same_name_with_other_content_is_an_error_and_deletes_nothing(build: Build) -> None:
    before = build.digests()
    build.config["selector"]["phoneme"]["offset"] = 1
    output = build.run(fails=True)
    assert "offset was 0, is now 1" in output
    assert build.digests() == before


def test_two_builds_in_two_folders_are_equal_byte_for_byte(finished: Build, tmp_path: Path) -> None:
    copy_demo(tmp_path / "my data", IDS)
    (tmp_path / "my corrections").mkdir()
    other = Build(tmp_path, finished.config)
    other.run("--cores", "1")
    assert other.digests("quality") == finished.digests("quality")
    assert "quality/quality.html" in other.digests("quality")


def test_another_number_of_shards_leaves_no_row_twice(build: Build) -> None:
    build.config["corpus"]["shards"] = 1
    build.run()
    rows = KEY_FRAMES.read(build.results / "keyframes" / f"{RUN}.phoneme" / f"{shard_name(0, 1)}.parquet")
    assert sorted(row["utterance_id"] for row in rows) == IDS
    for artefact in ARTEFACTS:
        assert not list((build.results / artefact).rglob(f"*-of-{SHARDS:05d}*"))


def test_a_corpus_that_moves_is_not_made_again(build: Build) -> None:
    before = build.digests()
    (build.folder / "my data").rename(build.folder / "moved")
    build.config["corpus"]["root"] = "moved"
    ran = jobs(build.run())
    assert ran["prepare"] == 1
    assert not any(ran[rule] for rule in ONE_SHARD)
    assert build.digests() == before
