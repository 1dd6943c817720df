"""What is missing or damaged in BIWI's download is said by name, and the rest is converted."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.biwi import BiwiCorpus
from kmtalk_align.corpora.biwi.conversion import BiwiConversion
from kmtalk_align.errors import ArtefactError, ConfigError, CorpusError
from tests import made_biwi
from tests.made_biwi import FACES, V, motion_of, obj, tar, template_of, vl

ONE = "F2_e33"
FRAMES = motion_of(ONE, 3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A download of one sequence."""
    made_biwi.add_template(tmp_path / "download", "F2")
    made_biwi.add_sequence(tmp_path / "download", ONE, frames=FRAMES)
    return tmp_path / "download"


def pack(root: Path, contents: list[bytes]) -> None:
    (root / "faces/F2/e33.tar").write_bytes(tar(contents))


def edited(vertex: int, value: float) -> np.ndarray:
    frame = FRAMES[1].copy()
    frame[vertex, 0] = value
    return frame


def no_tar(root: Path) -> None:
    (root / "faces/F2/e33.tar").unlink()


def no_frames_at_all(root: Path) -> None:
    for path in (root / "faces/F2").iterdir():
        path.unlink()


def frame_missing(root: Path) -> None:
    no_frames_at_all(root)
    folder = root / "faces/F2/e33"
    folder.mkdir()
    for number in (1, 2, 4):
        (folder / f"frame_{number:03d}.vl").write_bytes(vl(FRAMES[0]))


def huge_frame(root: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("frame_001.vl")
        member.size = 1 << 20
        archive.addfile(member, io.BytesIO(bytes(1 << 20)))
    (root / "faces/F2/e33.tar").write_bytes(packed.getvalue())


def cut_tar(root: Path) -> None:
    path = root / "faces/F2/e33.tar"
    path.write_bytes(path.read_bytes()[:1300])


def template(text: str) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        (root / "rigid_scans/F2.obj").write_text(text)

    return damage


def contents(*frames: bytes) -> Callable[[Path], None]:
    return lambda root: pack(root, list(frames))


def sound(content: bytes) -> Callable[[Path], object]:
    return lambda root: (root / f"videos/{ONE}.flv").write_bytes(content)


GOOD = vl(FRAMES[0])
EXPECTED = len(GOOD)
MORE = np.concatenate([template_of("F2"), template_of("F2")[:1]])
MORE_FACES = np.concatenate([FACES, [[V, 1, 2]]])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_tar, r"F2_e33: faces/F2/e33\.tgz: holds no frame_\*\.vl"),
        (no_frames_at_all, "F2_e33: is missing from this copy of BIWI; complete the copy, or exclude the utterance"),
        (frame_missing, "F2_e33: faces/F2/e33: frame 3 is missing; unpack or copy it again"),
        (cut_tar, r"F2_e33: faces/F2/e33\.tar: is damaged or cut off"),
        (
            contents(GOOD, GOOD[:-4]),
            rf"tar, frame_002\.vl: has {EXPECTED - 4} bytes, {EXPECTED} belong to the {V}",
        ),
        (contents(GOOD, b""), r"F2_e33: faces/F2/e33\.tar, frame_002\.vl: names no vertices"),
        (contents(GOOD, vl(FRAMES[1][:-1])), rf"frame_002\.vl: names {V - 1} vertices, the subject's template has {V}"),
        (contents(GOOD, vl(edited(4, np.nan))), r"frame_002\.vl: holds NaN or infinite vertices"),
        (contents(GOOD, vl(np.ones((V, 3)))), r"frame_002\.vl: its surface has no area"),
        (huge_frame, rf"frame_001\.vl: has {1 << 20} bytes, {EXPECTED} are expected"),
        (template(obj(MORE, MORE_FACES)), rf"frame_00\d\.vl: names {V} vertices, the subject's template has {V + 1}"),
        (template(obj(template_of("F2"), FACES[:0])), r"F2_e33: rigid_scans/F2\.obj: its faces do not fit"),
        (template(obj(template_of("F2"), FACES + V)), r"F2_e33: rigid_scans/F2\.obj: "),
        (template("no mesh"), r"F2_e33: rigid_scans/F2\.obj: "),
        (template(obj(template_of("F2") * np.nan, FACES)), r"F2_e33: rigid_scans/F2\.obj: holds NaN"),
        (template(obj(np.zeros((V, 3)), FACES)), r"F2_e33: rigid_scans/F2\.obj: its surface has no area"),
        (lambda root: (root / "rigid_scans/F2.obj").unlink(), r"F2_e33: rigid_scans/F2\.obj: is missing; add the"),
        (lambda root: (root / f"videos/{ONE}.flv").unlink(), r"F2_e33: has no sound; add videos/F2_e33\.flv or audio/"),
        (sound(b""), r"F2_e33: videos/F2_e33\.flv: the file is empty"),
        (sound(b"no video"), r"F2_e33: videos/F2_e33\.flv: cannot be decoded"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_left(
    damage: Callable[[Path], object], message: str, root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "converted"
    BiwiConversion(root).convert(ONE, folder)
    damage(root)
    with pytest.raises(CorpusError, match=message) as refused:
        BiwiConversion(root).convert(ONE, folder)
    assert str(root) not in str(refused.value)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_one_damaged_sequence_is_a_failed_row_and_the_rest_goes_on(root: Path, tmp_path: Path) -> None:
    made_biwi.add_sequence(root, "F2_e01")
    made_biwi.add_sequence(root, "F2_e02", sound=made_biwi.video(9))
    cut_tar(root)
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"))
    corpus.convert(threads=2)
    opened = corpus.open()
    found = {one: opened.examine(one) for one in (ONE, "F2_e01", "F2_e02", "F4_e40", "M1_e07")}
    assert {one: (row.split, row.status) for one, row in found.items()} == {
        ONE: ("val", "failed"),
        "F2_e01": ("train", "ok"),
        "F2_e02": ("train", "failed"),
        "F4_e40": ("testA", "failed"),
        "M1_e07": ("unassigned", "failed"),
    }
    assert "e33.tar: is damaged or cut off" in found[ONE].message
    assert "the recording is 9 frames long, the motion 2" in found["F2_e02"].message
    assert found["F4_e40"].message.startswith("F4_e40: is missing from this copy of BIWI")
    assert found["M1_e07"].message == "M1_e07: BIWI itself lacks this sequence"


def test_templates_of_different_meshes_end_the_conversion(root: Path, tmp_path: Path) -> None:
    (root / "rigid_scans/F3.obj").write_text(obj(MORE, MORE_FACES))
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"))
    with pytest.raises(CorpusError, match=f"templates differ in vertex count: {{'F2': {V}, 'F3': {V + 1}}}"):
        corpus.convert(threads=1)
    with pytest.raises(CorpusError, match="has not been converted"):
        corpus.open()


def test_regions_that_are_not_there_are_said_before_anything_is_converted(root: Path, tmp_path: Path) -> None:
    regions = {"lips": str(tmp_path / "lve.txt")}
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"), regions=regions)
    with pytest.raises(ConfigError, match=r"regions, lips: .*lve\.txt: there is no such file"):
        corpus.convert(threads=1)
    assert not (tmp_path / "converted").exists()


def test_a_disk_that_can_not_be_written_ends_the_conversion(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"))
    with pytest.raises(ArtefactError, match="No space left"):
        corpus.convert(threads=1)
    monkeypatch.undo()
    corpus.convert(threads=1)
    assert corpus.open().examine(ONE).status == "ok"


@pytest.mark.parametrize(
    ("files", "message"),
    [([], "holds neither faces/"), (["faces01.tgz", "rest.tgz"], r"still packed: faces01\.tgz.*tar -xzf")],
)
def test_a_folder_that_is_no_download_is_refused(files: list[str], message: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in files:
        (root / name).touch()
    (tmp_path / "converted").mkdir()
    (tmp_path / "converted/converted.json").write_text(json.dumps({}))
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"))
    with pytest.raises(CorpusError, match=message):
        corpus.convert(threads=1)
    assert (tmp_path / "converted/converted.json").is_file()  # a disk that is not mounted costs nothing
