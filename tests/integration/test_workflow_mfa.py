"""The workflow with the aligner `mfa`, against a stand-in for the program: by speaker, and by shard."""

from __future__ import annotations

import json
import shutil
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.shards import shard_name, shard_names, shard_of
from kmtalk_align.tables import KEY_FRAMES, TEXTGRID_STATUS
from tests.workflow_build import REPOSITORY, Build, config_of, copy_demo, jobs

FAKE = REPOSITORY / "tests" / "aligners" / "mfa" / "fake_mfa.py"
IDS = [f"{speaker}_sentence{number:02d}" for speaker in ("kal", "slt") for number in (1, 2, 3)]
SHARDS = 2
pytestmark = pytest.mark.xdist_group("workflow_mfa")


def mfa_config(data: str, *, behaviour: str = "long", **settings: Any) -> dict[str, Any]:
    block = {"backend": "mfa", "command": [sys.executable, str(FAKE), behaviour], **settings}
    runs = [{"asr": "reference", "aligner": "mfa", "selector": "phoneme"}]
    return config_of(data, shards=SHARDS, aligner={"mfa": block}, runs=runs)


def mfa_calls(build: Build) -> list[dict[str, Any]]:
    """What the stand-in was called to align since the last time this was asked."""
    path = build.folder / "called.jsonl"
    lines = path.read_text().splitlines() if path.is_file() else []
    path.unlink(missing_ok=True)
    return [call for call in map(json.loads, lines) if call["command"] == "align"]


def statuses(build: Build) -> dict[str, dict[str, Any]]:
    folder = build.results / "textgrids" / "reference.mfa"
    rows = [row for name in shard_names(SHARDS) for row in TEXTGRID_STATUS.read(folder / f"{name}.status.parquet")]
    return {row["utterance_id"]: row for row in rows}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, str]:
    folder = tmp_path_factory.mktemp("finished")
    copy_demo(folder / "data", IDS)
    build = Build(folder, mfa_config("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAKE_MFA_LOG", str(folder / "called.jsonl"))
        return build, build.run()


@pytest.fixture
def build(finished: tuple[Build, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """A copy of the finished build, to change."""
    made = finished[0]
    shutil.copytree(made.folder, tmp_path / "work", symlinks=True, dirs_exist_ok=True)
    (tmp_path / "work" / "called.jsonl").unlink()
    monkeypatch.setenv("FAKE_MFA_LOG", str(tmp_path / "work" / "called.jsonl"))
    return Build(tmp_path / "work", deepcopy(made.config))


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
    rows = [row for path in (build.results / "keyframes").rglob("0*.parquet") for row in KEY_FRAMES.read(path)]
    assert {row["utterance_id"]: row["source"] for row in rows} == dict.fromkeys(IDS, "phoneme")


def test_a_call_holds_one_speaker_and_all_of_that_speaker(finished: tuple[Build, str]) -> None:
    lines = (finished[0].folder / "called.jsonl").read_text().splitlines()
    calls = [call for call in map(json.loads, lines) if call["command"] == "align"]
    assert sorted(sum(path.endswith(".wav") for path in call["corpus"]) for call in calls) == [3, 3]
    assert all({path.partition("/")[0] for path in call["corpus"]} == {"s000000"} for call in calls)


def test_a_second_run_has_nothing_to_do(build: Build) -> None:
    assert "Nothing to be done" in build.run()


def test_one_changed_utterance_aligns_its_speaker_alone(build: Build) -> None:
    before = build.digests()
    path = build.folder / "data" / "transcripts" / f"{IDS[0]}.txt"
    path.write_text(path.read_text().rstrip(".\n") + " indeed.\n")
    ran = jobs(build.run())
    assert (ran["transcribe"], ran["speakers"], ran["align_speaker"]) == (1, 1, 1)
    (call,) = mfa_calls(build)
    assert sum("indeed" in text for text in call["corpus"].values()) == 1
    after = build.digests()
    assert {Path(path).stem for path in before if before[path] != after[path] and path.endswith(".TextGrid")} == {
        IDS[0]
    }
    assert "Nothing to be done" in build.run()


def test_a_new_speaker_leaves_the_others_alone(build: Build) -> None:
    for part, suffix in (("wav", "flac"), ("transcripts", "txt")):
        folder = build.folder / "data" / part
        shutil.copy(folder / f"{IDS[0]}.{suffix}", folder / f"new.one_sentence01.{suffix}")
    ran = jobs(build.run())
    assert ran["align_speaker"] == 1
    (call,) = mfa_calls(build)
    assert sum(path.endswith(".wav") for path in call["corpus"]) == 1
    assert statuses(build)["new.one_sentence01"]["status"] == "ok"


def test_another_number_of_shards_aligns_nobody(build: Build) -> None:
    build.config["corpus"]["shards"] = 3
    ran = jobs(build.run())
    assert ran["gather"] == 3
    assert not ran["align_speaker"]


def test_an_utterance_that_mfa_leaves_out_is_a_row_and_a_fallback(build: Build) -> None:
    (build.folder / "data" / "transcripts" / f"{IDS[0]}.txt").write_text("mumble")
    build.run()
    assert "MFA gave no TextGrid" in statuses(build)[IDS[0]]["message"]
    shard = shard_name(shard_of(IDS[0], SHARDS), SHARDS)
    rows = KEY_FRAMES.read(build.results / "keyframes" / "reference.mfa.phoneme" / f"{shard}.parquet")
    assert {row["utterance_id"]: row["source"] for row in rows}[IDS[0]] == "fallback"


def test_without_speaker_adaptation_a_job_is_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_LOG", str(tmp_path / "called.jsonl"))
    copy_demo(tmp_path / "data", IDS)
    build = Build(tmp_path, mfa_config("data", behaviour="short", speaker_adaptation=False))
    ran = jobs(build.run())
    assert ran["align_mfa"] == SHARDS
    assert not ran["align"] + ran["align_speaker"] + ran["speakers"]
    assert {row["status"] for row in statuses(build).values()} == {"ok"}
    mfa_calls(build)
    path = build.folder / "data" / "transcripts" / f"{IDS[0]}.txt"
    path.write_text("other words")
    assert jobs(build.run())["align_mfa"] == 1
    (call,) = mfa_calls(build)
    speakers = {path.partition("/")[0] for path in call["corpus"]}
    assert len(speakers) == sum(path.endswith(".wav") for path in call["corpus"])


def test_a_program_of_another_version_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    copy_demo(tmp_path / "data", IDS[:2])
    build = Build(tmp_path, mfa_config("data", behaviour="four"))
    build.run(fails=True)
    assert "is 4.0.0, and 3.4 or later under 4 is needed" in build.logs()
    assert not (build.results / "textgrids").exists()


def test_beside_mfa_another_aligner_goes_its_own_way(build: Build) -> None:
    build.config["aligner"]["pocketsphinx"] = {"backend": "pocketsphinx"}
    build.config["runs"].append({"asr": "reference", "aligner": "pocketsphinx", "selector": "phoneme"})
    ran = jobs(build.run("--dry-run"))
    assert ran["align"] == SHARDS
    assert not ran["align_speaker"] + ran["gather"] + ran["speakers"]


def test_the_same_name_with_other_settings_is_an_error(build: Build) -> None:
    build.config["aligner"]["mfa"]["beam"] = 20
    assert "beam was 10, is now 20" in build.run(fails=True)
