"""Real speech with real captured motion, through the whole workflow."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES
from tests.workflow_build import Build, config_of

RUN = "faster_whisper_tiny_en.pocketsphinx.phoneme"


@pytest.fixture(scope="module")
def build(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("grid468")
    unpack = shared_data.parent / "tools" / "unpack_grid468.py"
    subprocess.run(
        [sys.executable, str(unpack), str(shared_data / "grid468"), str(folder / "data"), "--limit", "3"], check=True
    )
    config = config_of("data", shards=2)
    config["corpus"] |= {"unit": "metre", "mouth_opening": [13, 14]}
    config["asr"]["faster_whisper_tiny_en"] = {"backend": "faster_whisper", "model": "tiny.en"}
    config["runs"].append({"asr": "faster_whisper_tiny_en", "aligner": "pocketsphinx", "selector": "phoneme"})
    made = Build(folder, config)
    made.run()
    return made


def rows(build: Build, table: Any, place: str) -> list[dict[str, Any]]:
    return [row for path in sorted((build.results / place).glob("0*.parquet")) for row in table.read(path)]


pytestmark = pytest.mark.xdist_group("grid468")


def test_the_corpus_says_what_the_mesh_is(build: Build) -> None:
    summary = json.loads((build.results / "corpus" / "corpus.json").read_text())
    assert (summary["vertex_count"], len(summary["faces"]), summary["unit"]) == (468, 898, "metre")
    assert {name: len(indices) for name, indices in summary["regions"].items()} == {"lips": 40, "upper_face": 77}
    templates = load_file(build.results / "corpus" / "templates.safetensors")
    assert set(templates) == set(summary["subjects"])
    assert {template.shape for template in templates.values()} == {(468, 3)}


def test_motion_is_found_again_by_its_row(build: Build) -> None:
    for row in rows(build, CORPUS, "corpus"):
        assert row["status"] == "ok"
        motion = row["motion"]
        vertices = np.load(build.folder / "data" / motion["path"])
        frames = vertices[motion["first_row"] : motion["first_row"] + motion["rows"] : motion["stride"]]
        assert row["n_frames"] <= len(frames) <= row["n_frames"] + 2
        assert frames.shape[1] == 468 * 3


def test_every_clip_has_key_frames_at_its_phones(build: Build) -> None:
    found = rows(build, KEY_FRAMES, f"keyframes/{RUN}")
    assert len(found) > 8
    assert sum(row["source"] == "phoneme" for row in found) >= 0.95 * len(found)
    assert all(row["key_frames"][0] == 0 and row["key_frames"][-1] == row["n_frames"] - 1 for row in found)


def test_words_of_the_given_transcripts_lie_near_the_given_times(build: Build) -> None:
    words = [
        (row["utterance_id"], row["start_s"], row["label"])
        for row in rows(build, ALIGNMENTS, "alignments/reference.pocketsphinx")
        if row["tier"] == "words" and row["label"]
    ]
    found: list[float] = []
    for path in sorted((build.folder / "data" / "words").glob("*.csv")):
        given = [line for line in csv.DictReader(path.open()) if line["word"] not in ("sil", "sp")]
        ours = [(start, word) for one, start, word in words if one == path.stem]
        assert [word for _, word in ours] == [line["word"] for line in given]
        found += [abs(start - float(line["start_s"])) for (start, _), line in zip(ours, given, strict=True)]
    assert np.median(found) <= 0.04
