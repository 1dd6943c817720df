"""One utterance of a folder corpus: what a good one becomes, and that a bad one is a failed row, never an exception."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpus import Motion, Utterance

ID = "ann_sentence01"


def examined(root: Path, utterance_id: str = ID, *, fps: float = 25.0, motion_stride: int = 1) -> Utterance:
    return (
        FolderCorpus(name="made_up", root=str(root), fps=fps, motion_stride=motion_stride).open().examine(utterance_id)
    )


def failure(root: Path, utterance_id: str = ID) -> str:
    found = examined(root, utterance_id)
    assert found.status == "failed"
    return found.message


def npy(array: object, *, save: Callable[..., None] = np.save) -> bytes:
    sink = io.BytesIO()
    save(sink, array)
    return sink.getvalue()


def vertices(rows: int = 10, shape: tuple[int, ...] = (36,)) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((rows, *shape)).astype(np.float32)


def put_motion(root: Path, content: bytes, utterance_id: str = ID) -> None:
    (root / "vertices_npy" / f"{utterance_id}.npy").write_bytes(content)


def test_an_utterance_in_faceformers_layout(build_corpus: Callable[..., Path]) -> None:
    found = examined(build_corpus(splits={"train": [ID]}))
    assert found.digest
    assert found == Utterance(
        utterance_id=ID,
        subject="ann",
        split="train",
        audio_path=f"wav/{ID}.wav",
        motion=Motion(f"vertices_npy/{ID}.npy", 0, 10, 1),
        n_frames=10,
        fps=25.0,
        duration_s=0.4,
        sample_rate=16_000,
        transcript="the cat sat",
        language="en",
        digest=found.digest,
    )


def test_vocasets_60_fps_become_30_by_a_stride_of_2(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    put_motion(root, npy(vertices(24)))  # 0.4 s
    found = examined(root, fps=30.0, motion_stride=2)
    assert (found.status, found.n_frames) == ("ok", 12)
    assert found.motion == Motion(f"vertices_npy/{ID}.npy", 0, 24, 2)


def test_an_odd_number_of_rows_keeps_its_last_frame_under_a_stride_of_2(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    put_motion(root, npy(vertices(23)))  # rows 0, 2, ..., 22 are 12 frames
    assert examined(root, fps=30.0, motion_stride=2).n_frames == 12


@pytest.mark.parametrize(
    "array",
    [
        vertices(shape=(12, 3)),
        vertices().astype(np.float64),
        vertices().astype(np.float16),
        vertices().astype(">f4"),
        np.asfortranarray(vertices()),
    ],
    ids=["(T, V, 3)", "float64", "float16", "big endian", "Fortran order"],
)
def test_motion_may_have_any_float_type_and_either_shape(build_corpus: Callable[..., Path], array: np.ndarray) -> None:
    root = build_corpus()
    put_motion(root, npy(array))
    found = examined(root)
    assert (found.status, found.n_frames) == ("ok", 10)


@pytest.mark.parametrize(("rows", "n_frames"), [(8, 8), (9, 9), (11, 10), (12, 10)])
def test_recording_and_motion_may_differ_by_two_frames(
    add_utterance: Callable[..., Path], build_corpus: Callable[..., Path], rows: int, n_frames: int
) -> None:
    root = add_utterance(ID, rows=rows, root=build_corpus())
    found = examined(root)
    assert (found.status, found.n_frames) == ("ok", n_frames)


@pytest.mark.parametrize("rows", [7, 13])
def test_recording_and_motion_that_differ_by_three_frames_fail(
    add_utterance: Callable[..., Path], build_corpus: Callable[..., Path], rows: int
) -> None:
    root = add_utterance(ID, rows=rows, root=build_corpus())
    assert f"the recording is 10 frames long, the motion {rows}" in failure(root)


@pytest.mark.parametrize(("rows", "status"), [(4, "failed"), (5, "ok"), (15, "ok"), (16, "failed")])
def test_a_corpus_may_say_how_far_recording_and_motion_may_differ(
    add_utterance: Callable[..., Path], build_corpus: Callable[..., Path], rows: int, status: str
) -> None:
    root = add_utterance(ID, rows=rows, root=build_corpus())
    found = FolderCorpus(name="made_up", root=str(root), slack_frames=5).open().examine(ID)
    assert (found.status, found.n_frames) == (status, min(rows, 10) if status == "ok" else 0)


@pytest.mark.parametrize(("seconds", "n_frames"), [(0.4, 10), (0.419, 10), (0.42, 11), (0.02, 1)])
def test_frames_of_a_recording_round_half_up(add_utterance: Callable[..., Path], seconds: float, n_frames: int) -> None:
    assert examined(add_utterance(ID, seconds=seconds, rows=None)).n_frames == n_frames


def test_a_recording_shorter_than_half_a_frame_fails(add_utterance: Callable[..., Path]) -> None:
    assert "is shorter than one frame" in failure(add_utterance(ID, seconds=0.019, rows=None))


def test_a_recording_without_motion_fails(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "vertices_npy" / f"{ID}.npy").unlink()
    assert f"{ID}: has a recording and no motion" in failure(root)


def test_motion_without_a_recording_fails(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "wav" / f"{ID}.wav").unlink()
    assert f"{ID}: has no recording" in failure(root)


def test_an_id_of_splits_json_without_files_fails(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus(splits={"val": ["ann_sentence40"]})
    assert "ann_sentence40: has no recording" in failure(root, "ann_sentence40")
    assert examined(root, "ann_sentence40").split == "val"


def test_an_id_that_two_splits_list_fails(build_corpus: Callable[..., Path]) -> None:
    message = failure(build_corpus(splits={"train": [ID], "test": [ID]}))
    assert f"splits.json: {ID}: is listed more than once: train, test" in message


def test_two_recordings_of_one_id_fail(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "wav" / f"{ID}.flac").touch()
    assert f"not unique: {ID}.flac, {ID}.wav" in failure(root)


def test_a_failed_utterance_leaves_the_others_well(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "wav" / f"{ID}.wav").write_bytes(b"")
    assert "the file is empty" in failure(root)
    assert examined(root, "ann_sentence02").status == "ok"


def test_a_subject_without_a_template_fails(build_corpus: Callable[..., Path]) -> None:
    assert "there is no template for subject 'cid'" in failure(build_corpus(ID, "cid_sentence01"), "cid_sentence01")


def test_another_vertex_count_than_the_templates_fails(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    put_motion(root, npy(vertices(shape=(39,))))
    message = failure(root)
    assert "(10, 39)" in message
    assert "12 vertices" in message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vertex_that_is_no_number_fails_and_names_the_frame(build_corpus: Callable[..., Path], bad: float) -> None:
    root, array = build_corpus(), vertices()
    array[7, 5] = array[9, 0] = bad
    put_motion(root, npy(array))
    assert "frame 7 holds NaN or infinite vertices" in failure(root)


def test_the_frame_is_right_in_a_long_file_too(
    add_utterance: Callable[..., Path], build_corpus: Callable[..., Path]
) -> None:
    root, array = add_utterance(ID, seconds=40.0, root=build_corpus()), vertices(1000)
    array[900, 0] = np.nan
    put_motion(root, npy(array))
    assert "frame 900 holds NaN" in failure(root)


class _Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch '{self.path}'",)


def test_motion_that_needs_a_pickle_fails_and_runs_nothing(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root, flag = build_corpus(), tmp_path / "it_ran"
    content = npy(np.array([_Touch(flag)], dtype=object))
    put_motion(root, content)
    assert f"{ID}.npy: is not a readable array" in failure(root)
    assert not flag.exists()
    np.load(io.BytesIO(content), allow_pickle=True)
    assert flag.exists()  # the file would have run it


GOOD = npy(vertices())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        GOOD[:50],
        GOOD[:-4],
        npy(vertices(0)),
        npy(np.zeros((10, 36), np.int32)),
        npy(np.zeros((10, 36), np.complex64)),
        npy(np.float32(3)),
        npy(np.zeros(36, np.float32)),
        pickle.dumps(vertices()),
        npy(vertices(), save=np.savez),
        b"PK\x03\x04" + bytes(100),
        GOOD.replace(b"(10, 36), }", b"(10, 36    "),
        GOOD.replace(b"(10, 36)", b"(-1, 36)"),
    ],
    ids=[
        "empty",
        "text",
        "cut in the header",
        "cut in the data",
        "no frames",
        "whole numbers",
        "complex numbers",
        "one number",
        "one row",
        "pickle",
        "npz",
        "broken zip",
        "bracket open",
        "negative length",
    ],
)
def test_a_file_that_is_no_array_of_vertices_fails_and_is_named(
    build_corpus: Callable[..., Path], content: bytes
) -> None:
    root = build_corpus()
    put_motion(root, content)
    assert f"{ID}.npy" in failure(root)


@pytest.mark.parametrize("shape", [(3, 12), (1, 36), (36, 1), (4, 9)])
def test_rows_of_another_shape_than_vertices_fail(build_corpus: Callable[..., Path], shape: tuple[int, ...]) -> None:
    root = build_corpus()
    put_motion(root, npy(vertices(shape=shape)))
    assert str((10, *shape)) in failure(root)


def test_motion_with_an_upper_case_suffix_is_read(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "vertices_npy" / f"{ID}.npy").rename(root / "vertices_npy" / f"{ID}.NPY")
    found = examined(root)
    assert found.status == "ok", found.message
    assert found.motion is not None
    assert found.motion.path == f"vertices_npy/{ID}.NPY"


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 127), byte=st.integers(0, 255))
def test_no_damage_to_a_motion_files_header_raises(build_corpus: Callable[..., Path], at: int, byte: int) -> None:
    root = build_corpus(ID)
    put_motion(root, GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])
    found = examined(root)
    assert found.status in ("ok", "failed")
    assert (found.n_frames == 10) == (found.status == "ok")


def test_a_missing_transcript_is_none(add_utterance: Callable[..., Path]) -> None:
    assert examined(add_utterance(ID, rows=None, transcript=None)).transcript is None


def test_white_space_and_byte_order_mark_of_a_transcript_are_dropped(add_utterance: Callable[..., Path]) -> None:
    root = add_utterance(ID, rows=None, transcript="\ufeff the  cat\r\nsat\n")
    assert examined(root).transcript == "the cat sat"


def test_a_transcript_may_stand_under_the_percent_encoded_id(add_utterance: Callable[..., Path]) -> None:
    root = add_utterance("a clip_01", rows=None)
    (root / "transcripts" / "a clip_01.txt").rename(root / "transcripts" / "a%20clip_01.txt")
    assert examined(root, "a clip_01").transcript == "the cat sat"


def test_a_transcript_that_is_not_utf8_fails_and_is_named(add_utterance: Callable[..., Path]) -> None:
    root = add_utterance(ID, rows=None)
    (root / "transcripts" / f"{ID}.txt").write_bytes("café".encode("latin-1"))
    assert f"{ID}.txt: is not UTF-8 text" in failure(root)


def test_an_id_too_long_for_a_file_name_fails(add_utterance: Callable[..., Path]) -> None:
    one = "ü" * 40  # 80 bytes as it stands, 240 percent-encoded
    assert "too long for a file name" in failure(add_utterance(one, rows=None), one)


def _edit_recording(root: Path) -> None:
    path = root / "wav" / f"{ID}.wav"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")


def _edit_motion(root: Path) -> None:
    put_motion(root, npy(vertices() + 1))


def _edit_transcript(root: Path) -> None:
    (root / "transcripts" / f"{ID}.txt").write_text("the dog sat")


def _empty_transcript(root: Path) -> None:
    (root / "transcripts" / f"{ID}.txt").write_text("")


def _remove_transcript(root: Path) -> None:
    (root / "transcripts" / f"{ID}.txt").unlink()


@pytest.mark.parametrize(
    "edit", [_edit_recording, _edit_motion, _edit_transcript, _empty_transcript, _remove_transcript]
)
def test_the_digest_changes_with_all_that_later_steps_read(
    build_corpus: Callable[..., Path], edit: Callable[[Path], None]
) -> None:
    root = build_corpus()
    before = examined(root)
    edit(root)
    after = examined(root)
    assert (before.status, after.status) == ("ok", "ok")
    assert after.digest != before.digest


def test_no_transcript_and_an_empty_one_have_different_digests(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    _empty_transcript(root)
    empty = examined(root)
    _remove_transcript(root)
    assert examined(root).digest != empty.digest


def test_the_digest_does_not_depend_on_file_times_or_on_other_utterances(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    before = examined(root).digest
    os.utime(root / "wav" / f"{ID}.wav", (1, 1))
    (root / "transcripts" / "ann_sentence02.txt").write_text("another")
    assert examined(root).digest == before
