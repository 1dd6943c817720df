"""VOCASET's download in the workflow: from four files to key frames, and what a change of one has made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from kmtalk_align.audio import decode_to_listen
from kmtalk_align.corpora.vocaset.published import TRAIN, VAL
from kmtalk_align.dag import check_config
from kmtalk_align.export.corpus import export_corpus
from kmtalk_align.tables import CORPUS, KEY_FRAMES
from tests.corpora.vocaset.made_download import Download, made_download
from tests.corpora.vocaset.python2_pickle import Global, dumps
from tests.workflow_build import DEMO, REPOSITORY, Build, config_of, demo_ids, jobs

SEQUENCES = [(TRAIN[0], "sentence01"), (TRAIN[1], "sentence02"), (VAL[0], "sentence21")]
IDS = [f"{subject}_{sequence}" for subject, sequence in SEQUENCES]
CORPUS_BLOCK = {"name": "voca", "type": "vocaset", "root": "download", "shards": 2, "fps": 30, "include": IDS}
RUN = "tiny.pocketsphinx.phoneme"


def spoken() -> Download:
    """Three sentences of the demo as VOCASET would have them; the frames of the second lie in another order."""
    made = made_download(*SEQUENCES)
    parts, first = [], 0
    for number, ((subject, sequence), one) in enumerate(zip(SEQUENCES, demo_ids(3), strict=True)):
        samples, rate = decode_to_listen(DEMO / "wav" / f"{one}.flac")
        frames = round(samples.shape[1] / rate * 60)
        made.audio[subject][sequence] = {"audio": samples[0], "sample_rate": rate}
        rows = np.arange(first, first + frames)[:: -1 if number == 1 else 1]
        made.table[subject][sequence] = {frame: int(row) for frame, row in enumerate(rows)}
        parts.append(np.random.default_rng(number).standard_normal((frames, 12, 3)))
        first += frames
    made.vertices = np.concatenate(parts)
    return made


def test_from_the_download_to_key_frames(tmp_path: Path) -> None:
    made = spoken()
    made.write(tmp_path / "download")
    build = Build(
        tmp_path,
        config_of(
            "unused",
            corpus=CORPUS_BLOCK,
            asr={"tiny": {"backend": "faster_whisper", "model": "tiny.en"}},
            runs=[{"asr": "tiny", "aligner": "pocketsphinx", "selector": "phoneme"}],
        ),
    )
    ran = jobs(build.run())
    assert (ran["convert"], ran["prepare"]) == (1, 1)
    rows = {
        row["utterance_id"]: row for path in (build.results / "corpus").glob("*.parquet") for row in CORPUS.read(path)
    }
    assert {one: (row["status"], row["split"], row["fps"]) for one, row in rows.items()} == {
        one: ("ok", split, 30.0) for one, split in zip(IDS, ("train", "train", "val"), strict=True)
    }
    assert [rows[one]["motion"]["path"] for one in IDS] == [
        "data_verts.npy",
        f"vertices_npy/{IDS[1]}.npy",
        "data_verts.npy",
    ]
    keys = [row for path in (build.results / "keyframes" / RUN).glob("*.parquet") for row in KEY_FRAMES.read(path)]
    assert [(row["source"], len(row["key_frames"]) > 5) for row in keys] == [("phoneme", True)] * 3
    assert "Nothing to be done" in build.run()

    exported = export_corpus(build.results, build.results / "converted", RUN, tmp_path / "exported")
    assert sorted(exported.clips) == sorted(IDS)
    [last] = [row for row in keys if row["utterance_id"] == IDS[2]]
    found = np.load(tmp_path / "exported" / "vertices_npy" / f"{IDS[2]}.npy")
    first = rows[IDS[2]]["motion"]["first_row"]
    expected = made.vertices[first::2][: last["n_frames"]].astype(np.float32)
    np.testing.assert_array_equal(found, expected.reshape(len(expected), -1))

    before = {path.name: path.stat().st_mtime_ns for path in (build.results / "converted" / "wav").iterdir()}
    made.audio[TRAIN[0]]["sentence01"]["audio"] = made.audio[TRAIN[0]]["sentence01"]["audio"] // 2
    made.write(tmp_path / "download")
    ran = jobs(build.run())
    assert (ran["convert"], ran["prepare"], ran["transcribe"]) == (1, 1, 1)
    after = {path.name: path.stat().st_mtime_ns for path in (build.results / "converted" / "wav").iterdir()}
    assert [name for name in before if before[name] != after[name]] == [f"{IDS[0]}.wav"]


def test_a_pickle_that_would_run_a_command_ends_the_run_by_one_error(tmp_path: Path) -> None:
    spoken().write(tmp_path / "download")
    content = {"audio": Global("posix", "system", "touch it_ran")}
    (tmp_path / "download" / "raw_audio_fixed.pkl").write_bytes(dumps(content, 2))
    build = Build(tmp_path, config_of("unused", corpus=CORPUS_BLOCK))
    build.run(fails=True)
    assert "raw_audio_fixed.pkl: holds posix.system, which could run code" in build.logs()
    assert "Traceback" not in build.logs()
    assert not (tmp_path / "it_ran").exists()


@pytest.mark.parametrize("key", ["", "masks", "converted"])
def test_the_config_that_comes_with_the_project_is_valid(tmp_path: Path, key: str) -> None:
    path = REPOSITORY / "workflow" / "config" / "vocaset.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    if key:
        config["corpus"][key] = "somewhere"
    check_config(config, REPOSITORY / "workflow" / "schemas" / "config.schema.yaml", tmp_path)
