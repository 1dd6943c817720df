"""VOCASET's four files: what is read of them, and that nothing of a pickle is run."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.vocaset.download import open_download
from kmtalk_align.errors import CorpusError
from tests.corpora.vocaset.made_download import ANN, BEN, FRAMES, RATE, Download, made_download, tone
from tests.corpora.vocaset.python2_pickle import Global, dumps

ONE = f"{ANN}_sentence01"
PICKLES = ("subj_seq_to_idx.pkl", "raw_audio_fixed.pkl", "templates.pkl")


@pytest.mark.parametrize("protocol", [0, 2])
def test_what_python_2_wrote_is_read(tmp_path: Path, protocol: int) -> None:
    made = made_download(vertex_count=5023, frames=3)
    made.protocols = dict.fromkeys(PICKLES, protocol)
    found = open_download(made.write(tmp_path))
    assert found.shape == (9, 5023, 3)
    assert sorted(found.table) == sorted(found.audio) == [ONE, f"{ANN}_sentence02", f"{BEN}_sentence21"]
    np.testing.assert_array_equal(found.rows(f"{BEN}_sentence21"), [6, 7, 8])
    np.testing.assert_array_equal(found.audio[ONE]["audio"].values(), tone(3 / 60))
    np.testing.assert_array_equal(found.templates[BEN], made.templates[BEN].astype(np.float32))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_what_python_3_wrote_is_read(tmp_path: Path, protocol: int) -> None:
    made = made_download()
    made.write(tmp_path)
    for name, content in zip(PICKLES, (made.table, made.audio, made.templates), strict=True):
        (tmp_path / name).write_bytes(pickle.dumps(content, protocol))
    found = open_download(tmp_path)
    np.testing.assert_array_equal(found.rows(ONE), range(FRAMES))
    np.testing.assert_array_equal(found.audio[ONE]["audio"].values(), tone())


@pytest.mark.parametrize("protocol", [0, 2])
def test_numbers_of_numpy_count_as_numbers(tmp_path: Path, protocol: int) -> None:
    made = made_download()
    made.table[ANN]["sentence01"] = {np.int64(frame): np.uint32(300 - 295 + frame) for frame in range(4)}
    made.protocols = {"subj_seq_to_idx.pkl": protocol}
    np.testing.assert_array_equal(open_download(made.write(tmp_path)).rows(ONE), [5, 6, 7, 8])


def test_rows_come_in_the_order_of_frames(tmp_path: Path) -> None:
    made = made_download()
    made.table[ANN]["sentence01"] = {2: 7, 0: 9, 1: 3}
    np.testing.assert_array_equal(open_download(made.write(tmp_path)).rows(ONE), [9, 3, 7])


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ({0: 0, 1: 1, 3: 2}, "frame 2 is missing (the next is 3)"),
        ({1: 0, 2: 1}, "frame 0 is missing (the next is 1)"),
        ({0: 0, 1: 54}, "frame 1 is row 54; data_verts.npy has 54"),
        ({0: -1}, "frame 0 is row -1"),
        ({0: 10**15}, "frame 0 is row 1000000000000000"),
        ({0: 0.5}, "not whole numbers"),
        ({"zero": 0}, "not whole numbers"),
        ({0: np.zeros(2)}, "not whole numbers"),
        ({0: False}, "not whole numbers"),
        ({}, "holds no dict of frame to row"),
        (np.arange(4), "holds no dict of frame to row"),
    ],
)
def test_frames_that_are_no_sequence_are_an_error_that_names_it(
    tmp_path: Path, frames: dict[object, object], message: str
) -> None:
    made = made_download()
    made.write(tmp_path)
    made.table[ANN]["sentence01"] = frames
    (tmp_path / "subj_seq_to_idx.pkl").write_bytes(pickle.dumps(made.table, 2))
    with pytest.raises(CorpusError, match=rf"subj_seq_to_idx\.pkl: {ONE}: .*{re.escape(message)}"):
        open_download(tmp_path).rows(ONE)


@pytest.mark.parametrize("name", [*PICKLES, "data_verts.npy"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    made_download().write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(CorpusError, match=rf"{re.escape(name)}: is missing; root is the folder of VOCASET"):
        open_download(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere: there is no such folder; set corpus\.root"):
        open_download(tmp_path / "nowhere")


@pytest.mark.parametrize("name", PICKLES)
@pytest.mark.parametrize("protocol", [0, 2])
def test_a_pickle_that_would_run_a_command_is_refused_by_its_name(tmp_path: Path, name: str, protocol: int) -> None:
    flag = tmp_path / "it_ran"
    made_download().write(tmp_path)
    (tmp_path / name).write_bytes(dumps({ANN: Global("posix", "system", f"touch '{flag}'")}, protocol))
    with pytest.raises(CorpusError, match=rf"{re.escape(name)}: holds posix\.system, which could run code"):
        open_download(tmp_path)
    assert not flag.exists()
    pickle.loads((tmp_path / name).read_bytes())
    assert flag.exists()  # pickle itself would have run it


@pytest.mark.parametrize("name", PICKLES)
@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x02}q\x00(", b"\x80\x02U\xff."])
def test_a_malformed_pickle_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    made_download().write(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=rf"{re.escape(name)}: is not a readable pickle"):
        open_download(tmp_path)


@pytest.mark.parametrize("name", PICKLES[:2])
@pytest.mark.parametrize("content", [3, {ANN: 3}, {ANN: None}])
def test_a_pickle_of_another_form_is_an_error_that_names_it(tmp_path: Path, name: str, content: object) -> None:
    made_download().write(tmp_path)
    (tmp_path / name).write_bytes(dumps(content, 2))
    with pytest.raises(CorpusError, match=rf"{re.escape(name)}: is not of the form {{subject"):
        open_download(tmp_path)


@pytest.mark.parametrize("subject", ["../ann", ".ann", "", "a/b", "a\0b", "a" * 300])
@pytest.mark.parametrize("name", PICKLES[:2])
def test_a_name_that_can_be_no_files_is_refused(tmp_path: Path, name: str, subject: str) -> None:
    made_download().write(tmp_path)
    (tmp_path / name).write_bytes(pickle.dumps({subject: {"sentence01": {0: 0}}}, 2))
    with pytest.raises(CorpusError, match=rf"{re.escape(name)}: names a subject or sequence"):
        open_download(tmp_path)


def test_a_sequence_with_an_underscore_would_change_the_subject_and_is_refused(tmp_path: Path) -> None:
    made = made_download((ANN, "sentence_01"))
    with pytest.raises(CorpusError, match="'sentence_01', which can't be part"):
        open_download(made.write(tmp_path))


def flat(made: Download) -> None:
    made.vertices = made.vertices.reshape(len(made.vertices), -1)


def whole_numbers(made: Download) -> None:
    made.vertices = made.vertices.astype(np.int32)


def turned(made: Download) -> None:
    made.vertices = np.asfortranarray(made.vertices)


@pytest.mark.parametrize("change", [flat, whole_numbers, turned])
def test_vertices_of_another_form_are_an_error_that_names_the_file(
    tmp_path: Path, change: Callable[[Download], None]
) -> None:
    made = made_download()
    change(made)
    with pytest.raises(CorpusError, match=r"data_verts\.npy: has shape .*not \(frames, V, 3\) floats in C order"):
        open_download(made.write(tmp_path))


def test_vertices_that_do_not_fit_the_templates_are_an_error(tmp_path: Path) -> None:
    made = made_download()
    made.vertices = made.vertices[:, :11]
    with pytest.raises(CorpusError, match=r"data_verts\.npy: has 11 vertices, templates\.pkl 12"):
        open_download(made.write(tmp_path))


@pytest.mark.parametrize("keep", [0, 60, 200])
def test_a_download_that_was_cut_off_is_an_error_that_says_so(tmp_path: Path, keep: int) -> None:
    path = made_download().write(tmp_path) / "data_verts.npy"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CorpusError, match=r"data_verts\.npy: is not a readable array .*was the download whole\?"):
        open_download(tmp_path)


def test_the_sample_rate_of_a_recording_is_kept(tmp_path: Path) -> None:
    assert open_download(made_download().write(tmp_path)).audio[ONE]["sample_rate"] == RATE
