"""The workflow with a program of the user's as its recogniser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.shards import shard_name
from kmtalk_align.tables import TRANSCRIPTS
from tests.workflow_build import Build, config_of, copy_demo, demo_ids

IDS = demo_ids(4)
SHARD = shard_name(0, 1)
# Reads a text that lies beside it; of the first utterance it has none, and says where it looked and what it was given.
PROGRAM = """
import pathlib, sys
text = pathlib.Path("data/transcripts", sys.argv[1] + ".txt")
if sys.argv[1] == "FIRST":
    sys.exit(f"{sys.argv[2]} is new to me")
print(text.read_text())
""".replace("FIRST", IDS[0])


def build(folder: Path, **keys: Any) -> Build:
    copy_demo(folder / "data", IDS)
    (folder / "my asr.py").write_text(PROGRAM)
    block = {"backend": "command", "command": [sys.executable, "my asr.py", "{utterance_id}", "{audio}"]} | keys
    run = {"asr": "mine", "aligner": "pocketsphinx", "selector": "phoneme"}
    made = Build(folder, config_of("data", shards=1, asr={"mine": block}, runs=[run]))
    made.run("--", f"results/small/transcripts/mine/{SHARD}.parquet")
    return made


@pytest.mark.xdist_group("workflow")
def test_a_program_speaks_for_the_corpus_and_two_builds_are_equal(tmp_path: Path) -> None:
    first, second = build(tmp_path / "one"), build(tmp_path / "two")
    assert first.digests() == second.digests()
    table = first.results / "transcripts" / "mine" / f"{SHARD}.parquet"
    rows = {row["utterance_id"]: row for row in TRANSCRIPTS.read(table)}
    assert sorted(rows) == IDS
    for utterance_id in IDS[1:]:
        given = (first.folder / "data" / "transcripts" / f"{utterance_id}.txt").read_text()
        assert rows[utterance_id]["text"] == " ".join(given.split())
    assert rows[IDS[0]]["status"] == "failed"
    program = Path(sys.executable).name
    said = f"{IDS[0]}: {program} failed (exit status 1: .../audio.wav is new to me); run the command by hand"
    assert rows[IDS[0]]["message"].startswith(said)
    assert {row["model"].rpartition(" (sha256:")[0] for row in rows.values()} == {f"command {program} my asr.py"}
