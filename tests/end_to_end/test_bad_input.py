"""A corpus with everything wrong that can be: each bad utterance is a failed row, and the others are unharmed."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TRANSCRIPTS
from tests.workflow_build import DEMO, Build, config_of, demo_ids

VERTICES = 12
GOOD = demo_ids(3)
ODD_IDS = ["kal_with space", "kal_dots.in.it", "kal_ünïcode-日本"]
# Recordings that are unusual and well.
FINE = ["kal_8khz", "kal_48khzstereo", "kal_float", *ODD_IDS, *GOOD]
# What is wrong, by utterance id, and a part of the message; these fail in `prepare`.
BAD = {
    "kal_empty": "the file is empty",
    "kal_truncated": "is cut off",
    "kal_text": "cannot be decoded",
    "kal_nomotion": "has a recording and no motion",
    "kal_noaudio": "has no recording",
    "kal_vertices": "its template has 12 vertices",
    "kal_nan": "frame 3 holds NaN",
    "kal_frames": "frames long, the motion",
    "kal_twice": "the id is not unique",
    "kal_latin1": "is not UTF-8",
    "nobody_sentence01": "no template for subject 'nobody'",
}
# These are recordings like any other until somebody looks for words in them, or words for them.
UNALIGNED = {
    "kal_silent": "silent",
    "kal_notext": "no transcript",
    "kal_blank": "no word",
    "kal_cyrillic": "Cyrillic",
    "kal_otherwords": "do not fit the sound",
}


def add(
    data: Path, utterance_id: str, sound: np.ndarray, rate: int = 16_000, *, text: str | None = None, **options: Any
) -> None:
    soundfile.write(data / "wav" / f"{utterance_id}.wav", sound, rate, **options)
    frames = round(len(sound) / rate * 25)
    np.save(data / "vertices_npy" / f"{utterance_id}.npy", np.zeros((frames, VERTICES * 3), np.float32))
    if text is not None:
        (data / "transcripts" / f"{utterance_id}.txt").write_text(text, encoding="utf-8")


def make_corpus(data: Path) -> None:
    for part in ("wav", "vertices_npy", "transcripts"):
        (data / part).mkdir(parents=True)
    sound, rate = soundfile.read(DEMO / "wav" / f"{GOOD[0]}.flac")
    text = (DEMO / "transcripts" / f"{GOOD[0]}.txt").read_text()
    for utterance_id in GOOD:
        samples, _ = soundfile.read(DEMO / "wav" / f"{utterance_id}.flac")
        add(data, utterance_id, samples, text=(DEMO / "transcripts" / f"{utterance_id}.txt").read_text())
    for utterance_id in [*ODD_IDS, *(set(BAD) - {"kal_noaudio"}), "kal_otherwords", "kal_cyrillic", "kal_blank"]:
        add(data, utterance_id, sound, text=text)
    add(data, "kal_8khz", sound[::2], 8_000, text=text)
    add(data, "kal_48khzstereo", np.repeat(np.stack([sound, sound], axis=1), 3, axis=0), 48_000, text=text)
    add(data, "kal_float", sound, subtype="FLOAT", text=text)
    add(data, "kal_silent", np.zeros(rate * 2), text=text)
    add(data, "kal_notext", sound)
    wav, npy, txt = data / "wav", data / "vertices_npy", data / "transcripts"
    (wav / "kal_empty.wav").write_bytes(b"")
    (wav / "kal_truncated.wav").write_bytes((wav / "kal_truncated.wav").read_bytes()[:20_000])
    (wav / "kal_text.wav").write_text("no sound, but words" * 100)
    (npy / "kal_nomotion.npy").unlink()
    np.save(npy / "kal_noaudio.npy", np.zeros((10, VERTICES * 3), np.float32))
    np.save(npy / "kal_vertices.npy", np.zeros((75, (VERTICES + 1) * 3), np.float32))
    motion = np.load(npy / "kal_nan.npy")
    motion[3, 5] = np.nan
    np.save(npy / "kal_nan.npy", motion)
    np.save(npy / "kal_frames.npy", np.zeros((5, VERTICES * 3), np.float32))
    shutil.copy(DEMO / "wav" / f"{GOOD[0]}.flac", wav / "kal_twice.flac")
    (txt / "kal_latin1.txt").write_bytes("café".encode("latin1"))
    (txt / "kal_blank.txt").write_text(" \n")
    (txt / "kal_cyrillic.txt").write_text("привет мир", encoding="utf-8")
    (txt / "kal_otherwords.txt").write_text("purple elephants juggle seventeen quiet watermelons")
    templates = {subject: np.ones((VERTICES, 3)) for subject in ("kal", "slt")}
    (data / "templates.pkl").write_bytes(pickle.dumps(templates, protocol=2))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("bad")
    make_corpus(folder / "data")
    config = config_of("data", shards=2)
    config["asr"]["faster_whisper_tiny_en"] = {"backend": "faster_whisper", "model": "tiny.en"}
    config["runs"].append({"asr": "faster_whisper_tiny_en", "aligner": "pocketsphinx", "selector": "phoneme"})
    made = Build(folder, config)
    made.run()
    return made


def rows(build: Build, table: Any, place: str) -> dict[str, dict[str, Any]]:
    return {row["utterance_id"]: row for path in (build.results / place).glob("0*.parquet") for row in table.read(path)}


pytestmark = pytest.mark.xdist_group("bad input")


def test_every_utterance_has_a_row_in_every_table(build: Build) -> None:
    everyone = {*BAD, *UNALIGNED, *FINE}
    assert set(rows(build, CORPUS, "corpus")) == everyone
    assert set(rows(build, TRANSCRIPTS, "transcripts/reference")) == everyone
    assert set(rows(build, ALIGNMENTS, "alignments/reference.pocketsphinx")) == everyone
    assert set(rows(build, KEY_FRAMES, "keyframes/reference.pocketsphinx.phoneme")) == everyone


@pytest.mark.parametrize("utterance_id", BAD)
def test_what_cannot_be_used_is_a_failed_row_that_says_why(build: Build, utterance_id: str) -> None:
    row = rows(build, CORPUS, "corpus")[utterance_id]
    assert row["status"] == "failed"
    assert BAD[utterance_id] in row["message"]
    keys = rows(build, KEY_FRAMES, "keyframes/reference.pocketsphinx.phoneme")[utterance_id]
    assert keys["status"] == "failed"
    assert keys["key_frames"] == []
    assert keys["message"] == row["message"]


@pytest.mark.parametrize("utterance_id", UNALIGNED)
def test_what_cannot_be_aligned_falls_back_and_says_why(build: Build, utterance_id: str) -> None:
    row = rows(build, KEY_FRAMES, "keyframes/reference.pocketsphinx.phoneme")[utterance_id]
    assert row["status"] == "ok"
    assert row["source"] == "fallback"
    assert UNALIGNED[utterance_id] in row["message"]
    assert utterance_id in row["message"]


@pytest.mark.parametrize("utterance_id", FINE)
@pytest.mark.parametrize("asr", ["reference", "faster_whisper_tiny_en"])
def test_the_others_are_unharmed(build: Build, utterance_id: str, asr: str) -> None:
    row = rows(build, KEY_FRAMES, f"keyframes/{asr}.pocketsphinx.phoneme")[utterance_id]
    assert (row["status"], row["source"], row["message"]) == ("ok", "phoneme", "")
    assert len(row["key_frames"]) > 10


def test_text_is_not_invented_for_silence(build: Build) -> None:
    row = rows(build, TRANSCRIPTS, "transcripts/faster_whisper_tiny_en")["kal_silent"]
    assert row["status"] == "failed"
    assert "nobody speaks" in row["message"]


def test_templates_that_would_run_code_stop_the_run_and_do_not_run(tmp_path: Path) -> None:
    make_corpus(tmp_path / "data")
    trace = tmp_path / "trace"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (trace,))

    (tmp_path / "data" / "templates.pkl").write_bytes(pickle.dumps({"kal": Evil()}))
    output = Build(tmp_path, config_of("data")).run(fails=True) + Build(tmp_path, config_of("data")).logs()
    assert "templates.pkl: holds pathlib." in output
    assert not trace.exists()


def test_splits_that_name_a_missing_utterance_give_it_a_failed_row(tmp_path: Path) -> None:
    make_corpus(tmp_path / "data")
    (tmp_path / "data" / "splits.json").write_text(json.dumps({"train": ["ghost_01", GOOD[0]]}))
    build = Build(tmp_path, config_of("data", shards=1))
    build.run("--until", "prepare")
    found = rows(build, CORPUS, "corpus")
    assert "has no recording" in found["ghost_01"]["message"]
    assert found[GOOD[0]]["split"] == "train"
