"""Corpus `vocaset`: the download becomes a folder corpus whose motion stays where it is; what is missing is named."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.conversion import read_problems
from kmtalk_align.corpora.vocaset.published import TEST, TRAIN, VAL
from kmtalk_align.corpus import Motion, Utterance
from kmtalk_align.errors import ConfigError, CorpusError
from kmtalk_align.prepare import prepare
from kmtalk_align.tables import CORPUS
from tests.corpora.vocaset.converted import block, convert, examined, motion_of
from tests.corpora.vocaset.made_download import ANN, BEN, FRAMES, RATE, Download, made_download, tone

ONE, TWO, THREE = f"{ANN}_sentence01", f"{ANN}_sentence02", f"{BEN}_sentence21"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sequence_is_rows_of_the_table_every_second_of_which_counts(tmp_path: Path, dtype: type) -> None:
    made = made_download(dtype=dtype)
    config = convert(made, tmp_path)
    found = examined(config)[TWO]
    assert found.digest
    assert found == Utterance(
        utterance_id=TWO,
        subject=ANN,
        split="train",
        audio_path=f"wav/{TWO}.wav",
        motion=Motion("data_verts.npy", FRAMES, FRAMES, 2),
        n_frames=FRAMES // 2,
        fps=30.0,
        duration_s=0.3,
        sample_rate=RATE,
        language="en",
        digest=found.digest,
    )
    np.testing.assert_array_equal(motion_of(config, found), made.vertices[FRAMES : 2 * FRAMES : 2])
    assert (tmp_path / "converted" / "data_verts.npy").readlink() == tmp_path / "download" / "data_verts.npy"
    assert not (tmp_path / "converted" / "vertices_npy").exists()
    assert config.open().unit == "metre"


@pytest.mark.parametrize(("fps", "stride"), [(60, 1), (30, 2), (20, 3), (7.5, 8)])
def test_frames_are_taken_evenly_for_a_frame_rate_that_divides_60(tmp_path: Path, fps: float, stride: int) -> None:
    made = made_download(frames=240)
    config = convert(made, tmp_path, fps=fps)
    found = examined(config)[ONE]
    assert (found.fps, found.n_frames) == (fps, 240 / stride)
    np.testing.assert_array_equal(motion_of(config, found), made.vertices[:240:stride])


@pytest.mark.parametrize("fps", [25, 0, -30, float("nan"), float("inf"), 120, 29.97])
def test_any_other_frame_rate_is_an_error_before_anything_is_done(tmp_path: Path, fps: float) -> None:
    config = block(made_download().write(tmp_path / "download"), fps=fps)
    for act in (config.root_folder, config.open, lambda: config.convert(1)):
        with pytest.raises(ConfigError, match=r"fps is .*does not divide the 60 frames"):
            act()


def test_frames_that_lie_apart_or_in_another_order_are_gathered(tmp_path: Path) -> None:
    made = made_download()
    rows = np.random.default_rng(3).permutation(len(made.vertices))[:FRAMES]
    frames = np.random.default_rng(4).permutation(FRAMES)  # a dict of Python 2 has no order
    made.table[ANN]["sentence01"] = {int(frame): int(rows[frame]) for frame in frames}
    config = convert(made, tmp_path)
    found = examined(config)
    assert found[ONE].motion == Motion(f"vertices_npy/{ONE}.npy", 0, FRAMES, 2)
    np.testing.assert_array_equal(motion_of(config, found[ONE]), made.vertices[rows[::2]])
    assert [one.name for one in (tmp_path / "converted" / "vertices_npy").iterdir()] == [f"{ONE}.npy"]
    np.testing.assert_array_equal(motion_of(config, found[THREE]), made.vertices[2 * FRAMES :: 2])


def test_more_frames_than_a_portion_are_gathered_whole(tmp_path: Path) -> None:
    made = made_download(frames=300)
    made.table[ANN]["sentence01"] = {frame: 299 - frame for frame in range(300)}
    config = convert(made, tmp_path)
    np.testing.assert_array_equal(motion_of(config, examined(config)[ONE]), made.vertices[:300][::-2])


def test_a_digest_covers_the_rows_of_its_own_sequence_alone(tmp_path: Path) -> None:
    made = made_download()
    before = examined(convert(made, tmp_path))
    made.vertices[FRAMES + 1, 3, 2] += 1e-9  # a frame of the second that the stride passes over is part of it too
    after = examined(convert(made, tmp_path))
    assert [one for one in (ONE, TWO, THREE) if before[one].digest != after[one].digest] == [TWO]


def test_subjects_are_split_as_published_and_what_lies_beyond_is_unassigned(tmp_path: Path) -> None:
    sequences = [(TRAIN[7], "sentence40"), (VAL[1], "sentence20"), (VAL[1], "sentence21"), (TEST[0], "sentence40")]
    sequences += [("FaceTalk_200101_00001_TA", "sentence30"), (TEST[0], "sentence01"), (VAL[0], "sentence41")]
    made = made_download(*sequences)
    made.templates["FaceTalk_200101_00001_TA"] = made.templates[ANN]
    found = [one for one in examined(convert(made, tmp_path)).values() if one.status == "ok"]
    assert {one.utterance_id.replace("FaceTalk_", ""): one.split for one in found} == {
        "170912_03278_TA_sentence40": "train",
        "170908_03277_TA_sentence20": "unassigned",
        "170908_03277_TA_sentence21": "val",
        "170809_00138_TA_sentence40": "testA",
        "170809_00138_TA_sentence01": "unassigned",
        "170811_03275_TA_sentence41": "unassigned",
        "200101_00001_TA_sentence30": "unassigned",
    }


def test_every_published_sequence_is_a_row_and_the_counts_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # What the real data lack: https://github.com/TimoBolkart/voca/issues/120.
    lacking = {(TRAIN[4], "sentence24"), (TEST[0], "sentence32")}
    sequences = [(one, f"sentence{n:02d}") for one in (*TRAIN, *VAL, *TEST) for n in range(1, 41)]
    made = made_download(*(one for one in sequences if one not in lacking), vertex_count=3)
    del made.audio[TRAIN[0]]["sentence07"]
    config = convert(made, tmp_path)
    with caplog.at_level(logging.INFO):
        counts = prepare(config.open(), tmp_path / "corpus", n_shards=2)
    assert counts == {"ok": 477, "failed": 3}
    assert "train 318 of 320, val 40 of 40, testA 39 of 40, unassigned 80 of 80" in caplog.text
    rows = [row for path in (tmp_path / "corpus").glob("*.parquet") for row in CORPUS.read(path)]
    assert {row["utterance_id"]: row["message"] for row in rows if row["status"] == "failed"} == {
        f"{TRAIN[0]}_sentence07": f"raw_audio_fixed.pkl: {TRAIN[0]}_sentence07: has no sound of it",
        **{
            f"{subject}_{sequence}": f"{subject}_{sequence}: VOCASET itself lacks this sequence"
            for subject, sequence in lacking
        },
    }


def no_frames(made: Download) -> None:
    del made.table[ANN]["sentence01"]


def no_template(made: Download) -> None:
    del made.templates[ANN]


def no_rate(made: Download) -> None:
    del made.audio[ANN]["sentence01"]["sample_rate"]


def no_samples(made: Download) -> None:
    made.audio[ANN]["sentence01"]["audio"] = np.zeros(0, np.int16)


def a_gap(made: Download) -> None:
    del made.table[ANN]["sentence01"][5]


def beyond(made: Download) -> None:
    made.table[ANN]["sentence01"][FRAMES - 1] = 3 * FRAMES


def not_a_number(made: Download) -> None:
    made.vertices[4, 2, 1] = np.nan


def too_long(made: Download) -> None:
    made.audio[ANN]["sentence01"]["audio"] = tone(0.6)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_frames, rf"subj_seq_to_idx\.pkl: {ONE}: has no frames of it"),
        (no_template, rf"templates\.pkl: {ONE}: has no template of subject {ANN}"),
        (no_rate, rf"raw_audio_fixed\.pkl: {ONE}: holds no `audio` with its `sample_rate`"),
        (no_samples, rf"raw_audio_fixed\.pkl: {ONE}: audio holds no samples"),
        (a_gap, rf"subj_seq_to_idx\.pkl: {ONE}: frame 5 is missing"),
        (beyond, rf"subj_seq_to_idx\.pkl: {ONE}: frame 17 is row 54; data_verts\.npy has 54"),
        (not_a_number, r"data_verts\.npy: frame 4 \(row 4\) holds NaN"),
        (too_long, rf"{ONE}: the recording is 18 frames long, the motion 9"),
    ],
)
def test_what_cannot_be_used_is_a_failed_row_that_says_why(
    tmp_path: Path, damage: Callable[[Download], None], message: str
) -> None:
    made = made_download()
    damage(made)
    found = examined(convert(made, tmp_path))
    assert found[ONE].status == "failed"
    assert re.search(message, found[ONE].message), found[ONE].message
    assert str(tmp_path) not in found[ONE].message
    assert found[THREE].status == "ok"


def test_a_change_of_one_pickle_converts_again_what_changed_and_nothing_else(tmp_path: Path) -> None:
    made = made_download()
    convert(made, tmp_path)
    wav = tmp_path / "converted" / "wav"
    before = {path.name: path.stat().st_mtime_ns for path in wav.iterdir()}
    made.audio[ANN]["sentence02"]["audio"] = tone()[::-1]
    convert(made, tmp_path)
    after = {path.name: path.stat().st_mtime_ns for path in wav.iterdir()}
    assert [name for name in before if before[name] != after[name]] == [f"{TWO}.wav"]


def test_frames_that_are_put_in_order_are_no_longer_gathered(tmp_path: Path) -> None:
    made = made_download()
    made.table[ANN]["sentence01"] = {frame: FRAMES - 1 - frame for frame in range(FRAMES)}
    convert(made, tmp_path)
    made.table[ANN]["sentence01"] = {frame: frame for frame in range(FRAMES)}
    found = examined(convert(made, tmp_path))
    assert found[ONE].motion == Motion("data_verts.npy", 0, FRAMES, 2)


def test_gathered_frames_whose_vertices_change_are_gathered_again(tmp_path: Path) -> None:
    made = made_download()
    made.table[ANN]["sentence01"] = {frame: FRAMES - 1 - frame for frame in range(FRAMES)}
    convert(made, tmp_path)
    made.vertices += 1
    config = convert(made, tmp_path)
    np.testing.assert_array_equal(
        motion_of(config, examined(config)[ONE]), made.vertices[FRAMES - 1 :: -2][: FRAMES // 2]
    )


def test_a_sequence_that_is_mended_becomes_usable(tmp_path: Path) -> None:
    made = made_download()
    a_gap(made)
    assert examined(convert(made, tmp_path))[ONE].status == "failed"
    made.table[ANN]["sentence01"][5] = 5
    config = convert(made, tmp_path)
    assert examined(config)[ONE].status == "ok"
    assert ONE not in read_problems(tmp_path / "converted")


def test_a_download_is_opened_only_when_it_is_converted(tmp_path: Path) -> None:
    config = block(made_download().write(tmp_path / "download"))
    with pytest.raises(CorpusError, match="has not been converted"):
        config.open()


def test_the_converted_corpus_may_not_lie_in_the_download(tmp_path: Path) -> None:
    root = made_download().write(tmp_path / "download")
    for converted in (root, root / "converted"):
        with pytest.raises(ConfigError, match="lies in the folder that it is converted from"):
            block(root, converted=str(converted)).convert(1)
    assert np.load(root / "data_verts.npy").shape == (3 * FRAMES, 12, 3)


def test_a_disk_without_symbolic_links_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(
        CorpusError, match=r"no symbolic link to .*data_verts\.npy can be made \(Operation not permitted\)"
    ):
        convert(made_download(), tmp_path)


def test_two_conversions_are_equal_byte_for_byte(tmp_path: Path) -> None:
    made = made_download()
    made.table[ANN]["sentence01"] = {frame: FRAMES - 1 - frame for frame in range(FRAMES)}
    a_gap(made_download())
    folders = [tmp_path / name for name in ("here", "there")]
    contents = []
    for folder in folders:
        config = convert(made, folder)
        prepare(config.open(), folder / "corpus", n_shards=2)
        files = sorted(
            path for part in ("converted", "corpus") for path in (folder / part).rglob("*") if path.is_file()
        )
        contents.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert contents[0] == contents[1]


def test_include_and_exclude_choose_among_published_sequences_too(tmp_path: Path) -> None:
    made = made_download().write(tmp_path / "download")
    config = block(made, include=[ONE, THREE, f"{TRAIN[1]}_sentence09"], exclude=[f"{TRAIN[1]}_sentence09"])
    config.convert(1)
    assert sorted(examined(config)) == sorted([ONE, THREE])


def test_memory_does_not_grow_with_the_table_of_vertices(tmp_path: Path) -> None:
    """193 MB of vertices, half of them gathered, in a process of its own: far less is in memory at any time."""
    sequences = [(ANN, f"sentence0{number}") for number in range(1, 5)]
    made = made_download(*sequences, vertex_count=5023, frames=1)
    for number, (subject, sequence) in enumerate(sequences):
        rows = range(400 * number, 400 * (number + 1))
        made.table[subject][sequence] = dict(enumerate(rows if number % 2 else reversed(rows)))
        made.audio[subject][sequence]["audio"] = tone(400 / 60)
    made.write(tmp_path / "download")
    np.lib.format.open_memmap(tmp_path / "download" / "data_verts.npy", "w+", np.float64, (1600, 5023, 3))
    program = (
        "import resource\nfrom pathlib import Path\nimport av, pyarrow.parquet, scipy.io.wavfile\n"
        "from kmtalk_align.corpora.vocaset import VocasetCorpus\nfrom kmtalk_align.prepare import prepare\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "config = VocasetCorpus('made_up', 'download', converted='converted')\nconfig.convert(1)\n"
        "print(prepare(config.open(), Path('corpus'), n_shards=1)['ok'])\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ok, peak_mb = done.stdout.split()
    assert int(ok) == 4
    assert float(peak_mb) < 140
