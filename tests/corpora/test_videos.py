"""videos.py and `kmtalk capture`: videos become a folder corpus."""

from __future__ import annotations

import csv
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.capture.environment import VARIABLE
from kmtalk_align.cli import main
from kmtalk_align.corpora.conversion import read_problems
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.videos import capture, rest_face
from kmtalk_align.errors import ArtefactError, ConfigError, CorpusError
from tests.capture import fake_tracker
from tests.capture.films import film, use_fake


def corpus(root: Path) -> FolderCorpus:
    return FolderCorpus("mine", str(root), mouth_opening=(13, 14))


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {row["utterance_id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Chooses the behaviour of the tracking program."""
    use_fake(monkeypatch, tmp_path / "environment")
    return lambda behaviour: use_fake(monkeypatch, tmp_path / "environment", behaviour)


@pytest.mark.parametrize("threads", [1, 3])
def test_videos_of_several_kinds_become_a_corpus(tmp_path: Path, fake: Any, threads: int) -> None:
    films = [film(tmp_path / name) for name in ("ann_1.mp4", "ann_2.mp4", "ben.mov")]
    out = tmp_path / "out"
    assert capture(films, out, fps=25, threads=threads) == {}
    found = corpus(out).open()
    assert list(found.utterance_ids) == ["ann_1", "ann_2", "ben"]
    for one in found.utterance_ids:
        utterance = found.examine(one)
        assert (utterance.status, utterance.message, utterance.sample_rate) == ("ok", "", 16_000)
        assert 9 <= utterance.n_frames <= 11
    assert found.regions["lips"] == [13, 14]
    assert found.faces is not None
    assert found.faces.tolist() == [[0, 1, 2], [465, 466, 467]]
    assert sorted(found.templates) == ["ann", "ben"]
    weights = np.load(out / "blendshapes_npy" / "ann_2.npy")
    assert weights.shape == (10, 2)
    assert list(np.load(out / "mesh.npz")["blendshape_names"]) == ["browInnerUp", "jawOpen"]
    # The jaw opens least in the first two of ten frames.
    wanted = (fake_tracker.moving(0) + fake_tracker.moving(1)) / 2 / 100
    with (out / "templates.pkl").open("rb") as file:
        np.testing.assert_allclose(pickle.load(file)["ann"], wanted, atol=1e-4)
    assert rows(out / "quality.csv")["ann_1"]["frames"] == "10"


def test_the_rest_face_is_the_median_of_the_frames_with_the_jaw_most_closed() -> None:
    vertices = np.arange(20.0).reshape(10, 2)
    jaw = np.array([9, 8, 0, 1, 7, 6, 5, 4, 3, 2.0])
    np.testing.assert_allclose(rest_face(vertices, jaw), [5, 6])
    np.testing.assert_allclose(rest_face(vertices[:1], jaw[:1]), [0, 1])


def test_a_video_that_loses_the_face_is_a_failed_row(tmp_path: Path, fake: Any) -> None:
    films = [film(tmp_path / "ann_1.mpg"), film(tmp_path / "ann_2.mpg", sound_s=None), tmp_path / "ann_3.mpg"]
    films[2].write_bytes(b"no film")
    out = tmp_path / "out"
    problems = capture(films, out, fps=25, threads=1)
    assert sorted(problems) == ["ann_2", "ann_3"]
    assert "no audio stream" in problems["ann_2"]
    assert "cannot be decoded" in problems["ann_3"]
    fake("loses")
    assert (
        "loses the face in 3 of 10 frames: 2-3 5"
        in capture([film(tmp_path / "ben_1.mpg")], out, fps=25, threads=1)["ben_1"]
    )
    found = corpus(out).open()
    assert [found.examine(one).status for one in found.utterance_ids] == ["ok", "failed", "failed", "failed"]
    assert rows(out / "quality.csv")["ben_1"]["lost"] == "2-3 5"


@pytest.mark.parametrize(("behaviour", "message"), [("two", "shows 2 faces"), ("blind", "shows no face")])
def test_where_no_video_can_be_used_it_says_why(tmp_path: Path, fake: Any, behaviour: str, message: str) -> None:
    fake(behaviour)
    with pytest.raises(CorpusError, match=f"none of the 1 utterances can be used; the first: .*{message}"):
        capture([film(tmp_path / "ann_1.mpg")], tmp_path / "out", fps=25, threads=1)


def test_a_program_that_dies_fails_its_clip_alone(tmp_path: Path, fake: Any) -> None:
    # The stand-in dies at the second frame: a single frame at 1 fps is no film, so a mended one goes on.
    fake("dies")
    with pytest.raises(CorpusError, match="exit status 3"):
        capture([film(tmp_path / "ann_1.mpg")], tmp_path / "out", fps=25, threads=1)
    fake("good")
    problems = capture([film(tmp_path / "ann_2.mpg")], tmp_path / "out", fps=25, threads=1)
    assert list(problems) == ["ann_1"]
    assert "exit status 3; try again" in problems["ann_1"]
    assert capture([tmp_path / "ann_1.mpg"], tmp_path / "out", fps=25, threads=1) == {}


def test_what_is_there_is_not_followed_again(tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = film(tmp_path / "ann_1.mpg"), film(tmp_path / "ann_2.mpg")
    out = tmp_path / "out"
    capture([first], out, fps=25, threads=1)
    before = (out / "vertices_npy" / "ann_1.npy").stat().st_mtime_ns
    capture([second], out, fps=25, threads=1)
    assert (out / "vertices_npy" / "ann_1.npy").stat().st_mtime_ns == before
    assert list(corpus(out).open().utterance_ids) == ["ann_1", "ann_2"]
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    assert capture([first, second], out, fps=25, threads=1) == {}
    with pytest.raises(ConfigError, match=f"unset {VARIABLE}, and make capture"):
        capture([film(tmp_path / "ann_3.mpg")], out, fps=25, threads=1)


def test_what_is_there_is_not_replaced_by_another_video_of_its_name(tmp_path: Path, fake: Any) -> None:
    out = tmp_path / "out"
    capture([film(tmp_path / "ann_1.mpg")], out, fps=25, threads=1)
    before = len(np.load(out / "vertices_npy" / "ann_1.npy"))
    other = film(tmp_path / "other" / "ann_1.mpg", frames=12)
    with pytest.raises(ConfigError, match=r"holds ann_1 of another video; rename it.*delete (.*ann_1\.json)") as found:
        capture([other], out, fps=25, threads=1)
    assert len(np.load(out / "vertices_npy" / "ann_1.npy")) == before
    Path(str(found.value).rpartition("delete ")[2]).unlink()
    assert capture([other], out, fps=25, threads=1) == {}
    assert len(np.load(out / "vertices_npy" / "ann_1.npy")) != before


def test_a_folder_of_another_rate_or_of_other_things_is_refused(tmp_path: Path, fake: Any) -> None:
    out = tmp_path / "out"
    capture([film(tmp_path / "ann_1.mpg")], out, fps=25, threads=1)
    with pytest.raises(ConfigError, match=r"captured at 25 fps.*not at 30 fps"):
        capture([film(tmp_path / "ann_2.mpg")], out, fps=30, threads=1)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mesh.npz").write_bytes(b"mine")
    with pytest.raises(ArtefactError, match="holds something already"):
        capture([film(tmp_path / "ann_2.mpg")], tmp_path / "full", fps=25, threads=1)


def test_two_videos_of_one_name_are_refused(tmp_path: Path, fake: Any) -> None:
    with pytest.raises(ConfigError, match="has the name of"):
        capture([film(tmp_path / "a_1.mpg"), film(tmp_path / "b" / "a_1.mp4")], tmp_path / "out", fps=25, threads=1)
    with pytest.raises(ConfigError, match="no such file"):
        capture([tmp_path / "none.mp4"], tmp_path / "out", fps=25, threads=1)
    with pytest.raises(ConfigError, match="is a folder; give the videos in it"):
        capture([tmp_path / "b"], tmp_path / "out", fps=25, threads=1)


def test_the_command_says_what_came_of_it(
    tmp_path: Path, fake: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = [film(tmp_path / "ann_1.mpg"), film(tmp_path / "ann_2.mpg", sound_s=None)]
    monkeypatch.setattr(sys, "argv", ["kmtalk", "capture", *map(str, videos), "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "out")
    assert "1 of 2 videos can be used" in said.err
    assert list(read_problems(tmp_path / "out")) == ["ann_2"]


def test_the_command_without_its_environment_names_what_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    video = film(tmp_path / "ann_1.mpg")
    monkeypatch.setattr(sys, "argv", ["kmtalk", "capture", str(video), "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "make capture" in said
    assert "Traceback" not in said
