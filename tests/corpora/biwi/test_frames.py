"""frames.py: .vl files, in folders and in archives that are read and never unpacked."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kmtalk_align.corpora.biwi.frames import Archive, Frame, frames_in_folder, read_vl
from kmtalk_align.errors import CorpusError
from tests.made_biwi import tar, vl

CONTENTS = [vl(np.full((3, 3), number)) for number in range(1, 4)]


@given(arrays(np.float32, st.tuples(st.integers(1, 30), st.just(3)), elements=st.floats(-1e6, 1e6, width=32)))
def test_what_a_vl_file_holds_is_read(vertices: np.ndarray) -> None:
    read = read_vl(vl(vertices), "frame")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, vertices)


def test_numbers_are_little_endian() -> None:
    content = bytes([1, 0, 0, 0]) + bytes([0, 0, 0x80, 0x3F]) + bytes(8)
    assert read_vl(content, "frame").tolist() == [[1, 0, 0]]


@given(st.integers(1, 8), st.data())
def test_a_file_of_another_length_is_refused(count: int, data: st.DataObject) -> None:
    content = vl(np.zeros((count, 3)))
    other = data.draw(st.one_of(st.integers(0, len(content) - 1).map(lambda n: content[:n]), st.just(content + b"\0")))
    with pytest.raises(CorpusError, match="frame"):
        read_vl(other, "frame")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(CorpusError):
        assert read_vl(content, "frame").shape == ((len(content) - 4) // 12, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(CorpusError, match="frame: holds NaN or infinite vertices"):
        read_vl(vl(np.array([[0, value, 0]])), "frame")


def read(frames: list[Frame]) -> list[bytes]:
    return [frame.read() for frame in frames]


@pytest.mark.parametrize(("mode", "name"), [("w", "e01.tar"), ("w:gz", "e01.tar.gz"), ("w:gz", "e01.tgz")])
@pytest.mark.parametrize("folder", [".", "e01", "faces/F1/e01"])
def test_an_archive_gives_its_frames_in_order(mode: str, name: str, folder: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(tar(CONTENTS, folder=folder, mode=mode))
    archive = Archive(path)
    with archive.frames() as frames:
        assert [frame.number for frame in frames] == [1, 2, 3]
        assert frames[1].where == f"{path}, frame_002.vl"
        assert read(frames) == CONTENTS
    archive.close()


def test_a_folder_gives_its_frames_in_order(tmp_path: Path) -> None:
    for number, content in enumerate(CONTENTS, start=9):  # 10 comes after 9
        (tmp_path / f"frame_{number - 8}.vl").write_bytes(content)
    (tmp_path / "._frame_001.vl").write_bytes(b"what macOS leaves")
    (tmp_path / "frame_001_pose.txt").write_text("1 0 0")
    with frames_in_folder(tmp_path) as frames:
        assert read(frames) == CONTENTS


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_subjects_archive_gives_one_sequence_after_another(mode: str, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for sequence in ("e01", "e02"):
            for number in (1, 2):
                member = tarfile.TarInfo(f"F1/{sequence}/frame_{number:03d}.vl")
                member.size = len(CONTENTS[0])
                archive.addfile(member, io.BytesIO(CONTENTS[number if sequence == "e01" else 0]))
    (tmp_path / "F1.tar").write_bytes(packed.getvalue())
    shared = Archive(tmp_path / "F1.tar")
    for sequence, expected in (("e02", [CONTENTS[0]] * 2), ("e01", CONTENTS[1:]), ("e03", [])):
        with shared.frames(sequence) as frames:
            assert read(frames) == expected
    shared.close()


def names(*numbers: int) -> list[str]:
    return [f"frame_{number:03d}.vl" for number in numbers]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (names(1, 2, 4), "frame 3 is missing"),
        (names(2, 3), "frame 1 is missing"),
        ([*names(1, 2), "again/frame_002.vl"], "holds frame 2 twice"),
        ([*names(1), "frame_1.vl"], "holds frame 1 twice"),
        (["frame_001.txt"], r"holds no frame_\*\.vl"),
        ([], r"holds no frame_\*\.vl"),
    ],
)
def test_frames_that_do_not_run_on_are_refused(files: list[str], message: str, tmp_path: Path) -> None:
    folder = tmp_path / "e01"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(CONTENTS[0])
            archive.addfile(tarfile.TarInfo(name))
    folder.mkdir(exist_ok=True)
    (tmp_path / "e01.tar").write_bytes(packed.getvalue())
    with pytest.raises(CorpusError, match=message), frames_in_folder(folder):
        pass
    with pytest.raises(CorpusError, match=message), Archive(tmp_path / "e01.tar").frames():
        pass


def test_frames_may_begin_at_0(tmp_path: Path) -> None:
    for name in names(0, 1):
        (tmp_path / name).write_bytes(CONTENTS[0])
    with frames_in_folder(tmp_path) as frames:
        assert [frame.number for frame in frames] == [0, 1]


def test_hostile_members_are_not_followed_and_nothing_is_unpacked(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(CONTENTS[0])
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number, name in enumerate(("/frame_001.vl", "../../frame_002.vl", "a/../frame_003.vl"), start=0):
            member = tarfile.TarInfo(name)
            member.size = len(CONTENTS[number])
            archive.addfile(member, io.BytesIO(CONTENTS[number]))
        for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE), start=4):
            member = tarfile.TarInfo(f"frame_{number:03d}.vl")
            member.type, member.linkname = kind, str(secret)
            archive.addfile(member)
    folder = tmp_path / "inside" / "inside"
    folder.mkdir(parents=True)
    (folder / "e01.tar").write_bytes(packed.getvalue())
    before = sorted(tmp_path.rglob("*"))
    with Archive(folder / "e01.tar").frames() as frames:
        assert read(frames) == CONTENTS
    assert sorted(tmp_path.rglob("*")) == before
    assert not os.path.lexists("/frame_001.vl")


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 40]) + content[middle + 40 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: gzip.compress(plain)[:-60],
        lambda plain: gzip.compress(plain)[:12],
        lambda plain: flip(gzip.compress(plain)),
        lambda plain: plain[: 512 + 100],
        lambda plain: plain[:300],
        lambda plain: plain[:4608],  # all members, and not the end's mark
        lambda plain: plain[:1536] + b"\1" * 512 + plain[2048:],  # the second header
        lambda plain: b"\0" * 100,
        lambda plain: b"no archive at all",
        lambda plain: b"",
    ],
)
def test_a_damaged_archive_is_refused(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(3, 80, 3))  # members of 512 + 1024 bytes
    path = tmp_path / "e01.tar"
    path.write_bytes(damage(tar([vl(frame) for frame in noise])))
    refused = pytest.raises(CorpusError, match=r"e01\.tar: (is damaged or cut off|holds no frame)")
    with refused, Archive(path).frames() as frames:
        read(frames)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_archive_cut_anywhere_is_refused_or_gives_all_frames(tmp_path: Path, data: st.DataObject) -> None:
    noise = np.random.default_rng(0).normal(size=(3, 80, 3))
    contents = [vl(frame) for frame in noise]
    for whole in (tar(contents), tar(contents, mode="w:gz")):
        cut = whole[: data.draw(st.integers(0, len(whole)))]
        path = tmp_path / "e01.tar"
        path.write_bytes(cut)
        with suppress(CorpusError), Archive(path).frames() as frames:
            assert read(frames) == contents


def test_an_archive_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="damaged or cut off"), Archive(tmp_path / "none.tar").frames():
        pass
