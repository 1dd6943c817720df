"""The workflow with the aligner `mfa`, against a stand-in for the program: by speaker, and by shard."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.shards import shard_name, shard_of
from kmtalk_align.tables import KEY_FRAMES, TEXTGRID_STATUS
from tests.workflow_build import REPOSITORY, Build, config_of, copy_demo, jobs

FAKE = REPOSITORY / "tests" / "aligners" / "mfa" / "fake_mfa.py"
IDS = [f"{speaker}_sentence{number:02d}" for speaker in ("kal", "slt") for number in (1, 2, 3)]
SHARDS = 2
pytestmark = pytest.mark.xdist_group("workflow_mfa")


def mfa_block(behaviour: str = "long", **settings: Any) -> dict[str, Any]:
    return {"backend": "mfa", "command": [sys.executable, str(FAKE), behaviour], **settings}


def mfa_config(data: str, **aligners: dict[str, Any]) -> dict[str, Any]:
    runs = [{"asr": "reference", "aligner": name, "selector": "phoneme"} for name in aligners]
    return config_of(data, shards=SHARDS, aligner=aligners, runs=runs)


def mfa_calls(build: Build) -> list[dict[str, Any]]:
    """What the stand-in was called to align since the last time this was asked."""
    path = build.folder / "called.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    path.unlink(missing_ok=True)
    return [call for call in map(json.loads, lines) if call["command"] == "align"]


def statuses(build: Build, aligner: str = "mfa") -> dict[str, dict[str, Any]]:
    paths = (build.results / "textgrids" / f"reference.{aligner}").glob("*.status.parquet")
    return {row["utterance_id"]: row for path in paths for row in TEXTGRID_STATUS.read(path)}


def sources(build: Build) -> dict[str, str]:
    """Where the key frames of each utterance come from."""
    paths = (build.results / "keyframes" / "reference.mfa.phoneme").glob("0*.parquet")
    return {row["utterance_id"]: row["source"] for path in paths for row in KEY_FRAMES.read(path)}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, str]:
    folder = tmp_path_factory.mktemp("finished")
    copy_demo(folder / "data", IDS)
    build = Build(folder, mfa_config("data", mfa=mfa_block()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_MFA_LOG", str(folder / "called.jsonl"))
        return build, build.run()


@pytest.fixture
def build(finished: tuple[Build, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """A copy of the finished build, to change."""
    copied = finished[0].copy(tmp_path / "work")
    (copied.folder / "called.jsonl").unlink()
    monkeypatch.setenv("FAKE_MFA_LOG", str(copied.folder / "called.jsonl"))
    return copied


def test_a_job_is_a_speaker_and_everything_below_a_shard(finished: tuple[Build, str]) -> None:
    build, output = finished
    ran = jobs(output)
    assert {rule: ran[rule] for rule in ("speakers", "align_speaker", "gather", "parse", "keyframes")} == {
        "speakers": 1,
        "align_speaker": 2,
        "gather": SHARDS,
        "parse": SHARDS,
        "keyframes": SHARDS,
    }
    assert not ran["align"] + ran["align_mfa"]
    assert {one: row["status"] for one, row in statuses(build).items()} == dict.fromkeys(IDS, "ok")
    made = sorted(path.relative_to(build.results) for path in (build.results / "textgrids").rglob("*.TextGrid"))
    assert made == sorted(
        Path("textgrids", "reference.mfa", shard_name(shard_of(one, SHARDS), SHARDS), f"{one}.TextGrid") for one in IDS
    )
    assert sources(build) == dict.fromkeys(IDS, "phoneme")
    assert "Nothing to be done" in build.run()


def test_a_call_holds_one_speaker_and_all_of_that_speaker(finished: tuple[Build, str]) -> None:
    lines = (finished[0].folder / "called.jsonl").read_text().splitlines()
    calls = [call for call in map(json.loads, lines) if call["command"] == "align"]
    assert sorted(sum(path.endswith(".wav") for path in call["corpus"]) for call in calls) == [3, 3]
    assert all({path.partition("/")[0] for path in call["corpus"]} == {"s000000"} for call in calls)


def test_one_changed_utterance_aligns_its_speaker_alone(build: Build) -> None:
    """What that utterance becomes is a failed row, since the stand-in leaves out whoever mumbles."""
    before = build.digests()
    (build.folder / "data" / "transcripts" / f"{IDS[0]}.txt").write_text("mumble")
    ran = jobs(build.run())
    assert (ran["transcribe"], ran["speakers"], ran["align_speaker"]) == (1, 1, 1)
    (call,) = mfa_calls(build)
    assert sum(path.endswith(".wav") for path in call["corpus"]) == 3
    assert "mumble\n" in call["corpus"].values()
    after = build.digests()
    grids = {path for path in before if path.endswith(".TextGrid")}
    assert {Path(path).stem for path in grids if before[path] != after.get(path)} == {IDS[0]}
    assert "MFA gave no TextGrid" in statuses(build)[IDS[0]]["message"]
    assert sources(build) == dict.fromkeys(IDS, "phoneme") | {IDS[0]: "fallback"}
    assert "Nothing to be done" in build.run()


def test_a_new_speaker_and_another_number_of_shards_leave_the_others_alone(build: Build) -> None:
    for part, suffix in (("wav", "flac"), ("transcripts", "txt")):
        folder = build.folder / "data" / part
        shutil.copy(folder / f"{IDS[0]}.{suffix}", folder / f"new.one_sentence01.{suffix}")
    build.config["corpus"]["shards"] = 3
    ran = jobs(build.run())
    assert (ran["align_speaker"], ran["gather"]) == (1, 3)
    (call,) = mfa_calls(build)
    assert sum(path.endswith(".wav") for path in call["corpus"]) == 1
    assert statuses(build)["new.one_sentence01"]["status"] == "ok"


def test_without_speaker_adaptation_a_job_is_a_shard_and_each_recording_a_speaker(build: Build) -> None:
    build.config = mfa_config("data", alone=mfa_block("short", speaker_adaptation=False))
    ran = jobs(build.run())
    assert ran["align_mfa"] == SHARDS
    assert not ran["align"] + ran["align_speaker"] + ran["speakers"]
    assert {one: row["status"] for one, row in statuses(build, "alone").items()} == dict.fromkeys(IDS, "ok")
    for call in mfa_calls(build):
        speakers = {path.partition("/")[0] for path in call["corpus"]}
        assert len(speakers) == sum(path.endswith(".wav") for path in call["corpus"])
        assert call["arguments"][-2:] == ["--uses_speaker_adaptation", "false"]


def test_beside_mfa_another_aligner_goes_its_own_way(build: Build) -> None:
    build.config["aligner"]["pocketsphinx"] = {"backend": "pocketsphinx"}
    build.config["runs"].append({"asr": "reference", "aligner": "pocketsphinx", "selector": "phoneme"})
    planned = build.run("--dry-run")
    rules = set(re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):$", planned, re.MULTILINE))
    assert rules == {"align", "parse", "keyframes", "quality", "default"}
