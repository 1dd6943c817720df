"""A conversion of BIWI that was broken off, or whose download changed since."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.corpora.biwi import BiwiCorpus
from kmtalk_align.corpora.biwi.conversion import BiwiConversion
from tests import made_biwi
from tests.made_biwi import motion_of, tar, vl

IDS = ("F2_e01", "F2_e33", "M3_e02", "M3_e37")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BiwiCorpus:
    """Four sequences of two subjects; only these and few others count as BIWI's, which saves 550 notes each time."""
    monkeypatch.setattr("kmtalk_align.corpora.biwi.conversion.SUBJECTS", ("F2", "M3"))
    monkeypatch.setattr("kmtalk_align.corpora.biwi.conversion.SENTENCES", ("e01", "e02", "e05", "e33", "e37"))
    for subject in ("F2", "M3"):
        made_biwi.add_template(tmp_path / "download", subject)
    for one in IDS:
        made_biwi.add_sequence(tmp_path / "download", one)
    return BiwiCorpus(name="biwi", root=str(tmp_path / "download"), converted=str(tmp_path / "converted"))


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of sequences as they are converted, those that are missing apart."""
    done: list[str] = []
    convert = BiwiConversion.convert

    def noting(self: BiwiConversion, utterance_id: str, folder: Path) -> None:
        if utterance_id in IDS:
            done.append(utterance_id)
        convert(self, utterance_id, folder)

    monkeypatch.setattr(BiwiConversion, "convert", noting)
    return done


def content(corpus: BiwiCorpus) -> dict[str, bytes]:
    folder = corpus.root_folder()
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_goes_on_where_it_was_broken_off(
    corpus: BiwiCorpus, converted: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    frames = BiwiConversion._frames

    def breaking(self: BiwiConversion, utterance_id: str, files: Any) -> Any:
        if files.subject == "M3":
            raise KeyboardInterrupt
        return frames(self, utterance_id, files)

    with monkeypatch.context() as patch:
        patch.setattr(BiwiConversion, "_frames", breaking)
        with pytest.raises(KeyboardInterrupt):
            corpus.convert(threads=1)
    assert "M3_e02" in converted or "M3_e37" in converted
    assert not (corpus.root_folder() / "converted.json").exists()
    assert not (corpus.root_folder() / "wav/M3_e02.wav").exists()
    converted.clear()
    corpus.convert(threads=1)
    assert converted == ["M3_e02", "M3_e37"]
    in_one_go = BiwiCorpus(name="biwi", root=corpus.root, converted=str(tmp_path / "again"))
    in_one_go.convert(threads=2)
    assert content(in_one_go) == content(corpus)
    converted.clear()
    corpus.convert(threads=2)
    assert converted == []


def later(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("faces/F2/e33.tar", ["F2_e33"]),
        ("videos/M3_e02.flv", ["M3_e02"]),
        ("rigid_scans/M3.obj", ["M3_e02", "M3_e37"]),
        ("faces/F2/e33.tgz", []),
    ],
)
def test_what_has_changed_is_converted_again(
    changed: str, expected: list[str], corpus: BiwiCorpus, converted: list[str]
) -> None:
    corpus.convert(threads=1)
    converted.clear()
    later(Path(corpus.root, changed))
    corpus.convert(threads=1)
    assert converted == expected


def test_a_frame_of_an_unpacked_sequence_that_changed_is_seen(corpus: BiwiCorpus, converted: list[str]) -> None:
    folder = Path(corpus.root, "faces/F2/e33")
    folder.with_suffix(".tar").unlink()
    folder.mkdir()
    for number, frame in enumerate(motion_of("F2_e33", 3), start=1):
        (folder / f"frame_{number:03d}.vl").write_bytes(vl(frame))
    corpus.convert(threads=1)
    before = np.load(corpus.root_folder() / "vertices_npy/F2_e33.npy")
    converted.clear()
    (folder / "frame_003.vl").write_bytes(vl(motion_of("F2_e01", 1)[0]))
    corpus.convert(threads=1)
    after = np.load(corpus.root_folder() / "vertices_npy/F2_e33.npy")
    assert converted == ["F2_e33"]
    assert (before[:2] == after[:2]).all()
    assert (before[2] != after[2]).any()


@pytest.mark.parametrize(("name", "mode"), [("M3.tar", "w"), ("M3.tgz", "w:gz")])
def test_a_subjects_archive_is_read_as_its_sequences_and_converted_again_alone(
    name: str, mode: str, corpus: BiwiCorpus, converted: list[str]
) -> None:
    corpus.convert(threads=1)
    before = content(corpus)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for path in sorted(Path(corpus.root, "faces/M3").glob("*.tar")):
            with tarfile.open(path) as inner:
                for member in inner:
                    inside = inner.extractfile(member)
                    member.name = f"M3/{path.stem}/{member.name}"
                    archive.addfile(member, inside)
            path.unlink()
            path.with_suffix(".tgz").unlink()
    Path(corpus.root, "faces", name).write_bytes(packed.getvalue())
    converted.clear()
    corpus.convert(threads=2)
    assert sorted(converted) == ["M3_e02", "M3_e37"]
    same = {path: bytes_ for path, bytes_ in content(corpus).items() if not path.startswith(".converted")}
    assert same == {path: bytes_ for path, bytes_ in before.items() if not path.startswith(".converted")}
    problems = corpus.open().examine("M3_e05").message
    assert problems.startswith("M3_e05: is missing from this copy of BIWI")


def test_what_was_converted_is_gone_where_its_source_is(corpus: BiwiCorpus) -> None:
    corpus.convert(threads=1)
    for path in Path(corpus.root, "faces/F2").glob("e33*"):
        path.unlink()
    corpus.convert(threads=1)
    assert not (corpus.root_folder() / "wav/F2_e33.wav").exists()
    assert not (corpus.root_folder() / "vertices_npy/F2_e33.npy").exists()
    assert corpus.open().examine("F2_e33").status == "failed"


def test_the_sound_is_the_videos_and_else_a_recording(corpus: BiwiCorpus, tmp_path: Path) -> None:
    import soundfile

    root = Path(corpus.root)
    (root / "audio").mkdir()
    for one, level in (("F2_e01", 0.25), ("F2_e33", 0.5)):
        soundfile.write(root / "audio" / f"{one}_cut.wav", np.full(5292, level), 44_100)
    (root / "videos/F2_e33.flv").unlink()
    corpus.convert(threads=1)
    levels = {}
    for one in ("F2_e01", "F2_e33"):
        samples, rate = soundfile.read(corpus.root_folder() / "wav" / f"{one}.wav")
        assert rate == 44_100
        levels[one] = np.abs(samples).max()
    assert levels["F2_e33"] == pytest.approx(0.5, abs=1e-3)
    assert levels["F2_e01"] == pytest.approx(9000 / 2**15, abs=1e-3)


def test_an_archive_and_a_folder_of_frames_give_the_same(corpus: BiwiCorpus, tmp_path: Path) -> None:
    frames = [vl(frame) for frame in motion_of("F2_e01", 3)]
    Path(corpus.root, "faces/F2/e01.tar").unlink()
    Path(corpus.root, "faces/F2/e01.tar.gz").write_bytes(tar(frames, mode="w:gz"))
    corpus.convert(threads=1)
    gz = np.load(corpus.root_folder() / "vertices_npy/F2_e01.npy")
    Path(corpus.root, "faces/F2/e01.tar.gz").unlink()
    folder = Path(corpus.root, "faces/F2/e01")
    folder.mkdir()
    for number, frame in enumerate(frames, start=1):
        (folder / f"frame_{number:03d}.vl").write_bytes(frame)
    corpus.convert(threads=1)
    np.testing.assert_array_equal(np.load(corpus.root_folder() / "vertices_npy/F2_e01.npy"), gz)
