"""files.py: atomic writes, and file names for any id."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kmtalk_align.errors import ArtefactError
from kmtalk_align.files import (
    check_writable,
    directory_once,
    encode_id,
    find_for_id,
    new_directory,
    refuse_input,
    refuse_occupied,
    write_bytes,
    write_bytes_if_changed,
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_write_bytes_makes_the_folders_above(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a" / "b" / "c.bin", b"new")
    assert contents(tmp_path / "a" / "b") == {"c.bin": b"new"}


def test_write_bytes_replaces_an_old_file(tmp_path: Path) -> None:
    (tmp_path / "c.bin").write_bytes(b"an old and longer file")
    write_bytes(tmp_path / "c.bin", b"new")
    assert contents(tmp_path) == {"c.bin": b"new"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
def test_an_interrupted_write_leaves_the_old_file_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target = tmp_path / "c.bin"
    target.write_bytes(b"old")

    def half_written(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:1])
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half_written)
        with pytest.raises(ArtefactError if isinstance(error, OSError) else type(error)):
            write_bytes(target, b"new")
    assert contents(tmp_path) == {"c.bin": b"old"}


def test_a_failed_rename_leaves_the_old_file_and_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "c.bin"
    target.write_bytes(b"old")

    def refuse(path: Path, other: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(ArtefactError, match="Permission denied"):
            write_bytes(target, b"new")
    assert contents(tmp_path) == {"c.bin": b"old"}


def test_a_target_under_a_file_is_an_error_that_names_the_target(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArtefactError) as caught:
        write_bytes(tmp_path / "file" / "c.bin", b"new")
    assert str(tmp_path / "file" / "c.bin") in str(caught.value)


def test_an_equal_file_keeps_its_time_stamp(tmp_path: Path) -> None:
    target = tmp_path / "c.bin"
    target.write_bytes(b"same")
    os.utime(target, ns=(1_000, 1_000))
    assert not write_bytes_if_changed(target, b"same")
    assert target.stat().st_mtime_ns == 1_000


def test_a_changed_file_is_written(tmp_path: Path) -> None:
    target = tmp_path / "c.bin"
    assert write_bytes_if_changed(target, b"old")
    assert write_bytes_if_changed(target, b"new")
    assert target.read_bytes() == b"new"


def test_a_new_directory_appears_only_when_it_is_full(tmp_path: Path) -> None:
    with new_directory(tmp_path / "made") as folder:
        (folder / "one").write_bytes(b"1")
        assert not (tmp_path / "made").exists()
    assert contents(tmp_path / "made") == {"one": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_new_directory_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "stale").write_bytes(b"0")
    with new_directory(tmp_path / "made") as folder:
        (folder / "one").write_bytes(b"1")
    assert contents(tmp_path / "made") == {"one": b"1"}


def test_an_exception_while_filling_leaves_the_old_directory_and_no_temporary(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old").write_bytes(b"0")

    def half_filled() -> None:
        with new_directory(tmp_path / "made") as folder:
            (folder / "one").write_bytes(b"1")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        half_filled()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert contents(tmp_path / "made") == {"old": b"0"}


def test_an_error_of_the_filler_stays_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), new_directory(tmp_path / "made"):
        raise ConnectionResetError("not about this folder")


def test_a_new_directory_under_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArtefactError, match="made"), new_directory(tmp_path / "file" / "made"):
        pass


def fill(content: bytes) -> Callable[[Path], None]:
    def filled(folder: Path) -> None:
        (folder / "one").write_bytes(content)

    return filled


def test_a_directory_is_filled_once(tmp_path: Path) -> None:
    directory_once(tmp_path / "cache" / "made", fill(b"first"))
    directory_once(tmp_path / "cache" / "made", fill(b"second"))
    assert contents(tmp_path / "cache" / "made") == {"one": b"first"}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["made"]


def test_of_two_that_fill_a_directory_at_once_the_first_counts(tmp_path: Path) -> None:
    def slow(folder: Path) -> None:
        (folder / "one").write_bytes(b"slow")
        directory_once(tmp_path / "made", fill(b"quick"))

    directory_once(tmp_path / "made", slow)
    assert contents(tmp_path / "made") == {"one": b"quick"}
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_an_exception_while_filling_a_directory_leaves_nothing(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        (folder / "one").write_bytes(b"1")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        directory_once(tmp_path / "made", broken)
    assert not list(tmp_path.iterdir())


def test_a_directory_under_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArtefactError, match="made"):
        directory_once(tmp_path / "file" / "made", fill(b"1"))


@given(st.text())
@example("../a b/ç.日本%2F")
def test_encode_id_is_undone_by_unquote(utterance_id: str) -> None:
    assert unquote(encode_id(utterance_id)) == utterance_id


@given(st.text())
def test_an_encoded_id_is_ascii_without_separators_or_spaces(utterance_id: str) -> None:
    encoded = encode_id(utterance_id)
    assert encoded.isascii()
    assert not set(encoded) & set('/\\ :*?"<>|\0')


@pytest.mark.parametrize("utterance_id", ["plain", "a b", "v1.2.final", "Žluťoučký", "日本", "50%", "a%20b"])
@pytest.mark.parametrize("encoded", [True, False])
def test_a_users_file_is_found_by_its_id_encoded_or_not(tmp_path: Path, utterance_id: str, encoded: bool) -> None:
    path = tmp_path / f"{encode_id(utterance_id) if encoded else utterance_id}.TextGrid"
    path.write_bytes(b"")
    assert find_for_id(tmp_path, utterance_id, ".TextGrid") == path


def test_the_encoded_name_goes_before_the_plain_one(tmp_path: Path) -> None:
    for name in ("a b.TextGrid", "a%20b.TextGrid"):
        (tmp_path / name).write_bytes(b"")
    assert find_for_id(tmp_path, "a b", ".TextGrid") == tmp_path / "a%20b.TextGrid"


def test_an_id_without_a_file_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "other.TextGrid").write_bytes(b"")
    (tmp_path / "one.TextGrid").mkdir()
    assert find_for_id(tmp_path, "one", ".TextGrid") is None


def test_nothing_is_found_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert find_for_id(tmp_path / "none", "one", ".TextGrid") is None


def test_an_id_too_long_for_a_file_name_finds_nothing(tmp_path: Path) -> None:
    assert find_for_id(tmp_path, "ж" * 200, ".TextGrid") is None


def test_a_users_file_is_found_though_its_encoded_id_is_too_long_for_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / f"{'ж' * 60}.TextGrid"
    path.write_bytes(b"")
    assert find_for_id(tmp_path, "ж" * 60, ".TextGrid") == path


def test_a_folder_in_the_place_of_a_file_is_told_before_long_work(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="Is a directory"):
        check_writable(tmp_path)
    assert contents(tmp_path) == {}


def test_what_is_read_is_not_written_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "read.npy").write_bytes(b"mine")
    (tmp_path / "same.npy").symlink_to(tmp_path / "read.npy")
    refuse_input(tmp_path / "new.npy", tmp_path / "read.npy", None)
    with pytest.raises(ArtefactError, match="overwritten"):
        refuse_input(tmp_path / "same.npy", None, tmp_path / "read.npy")


def test_a_folder_with_too_long_a_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="File name too long"):
        refuse_occupied(tmp_path / ("x" * 300))
