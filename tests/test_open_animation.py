from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.errors import AnimationError, AudioError, ConfigError, KMTalkError
from kmtalk_model.animation import Sound
from kmtalk_model.open_animation import open_animation, open_animations, open_motions
from tests.test_animation import T, V, animation

OBJ = "".join(f"v {x} {x * x} {-x}\n" for x in range(V)) + "f 1 2 3\nf 2 3 4\n"


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    path = tmp_path / "face.obj"
    path.write_text(OBJ)
    return path


@pytest.mark.parametrize("shape", [(T, V * 3), (T, V, 3)])
def test_vertices_alone_move_the_face_that_is_given_with_them(shape: tuple[int, ...], mesh: Path) -> None:
    motion = animation().vertices
    np.save(mesh.with_name("theirs.npy"), motion.astype(np.float64).reshape(shape))
    found = open_animation(mesh.with_name("theirs.npy"), mesh=mesh, fps=30.0)
    np.testing.assert_array_equal(found.vertices, motion)
    assert found.template[3].tolist() == [3, 9, -3]
    assert found.faces.tolist() == [[0, 1, 2], [1, 2, 3]]
    assert (found.fps, found.name, found.sound, len(found.key_frames)) == (30.0, "theirs", None, 0)


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((T, V * 3 + 3)), f"mesh has {V} vertices"),
        (np.zeros((0, V * 3)), "shape"),
        (np.full((T, V * 3), np.nan), "NaN"),
        (np.array(["a"]), "shape"),
    ],
)
def test_vertices_that_are_not_of_the_mesh_are_refused(array: np.ndarray, why: str, mesh: Path) -> None:
    np.save(mesh.with_name("bad.npy"), array)
    with pytest.raises(AnimationError, match=rf"bad\.npy.*{why}"):
        open_animation(mesh.with_name("bad.npy"), mesh=mesh, fps=25.0)


def test_what_is_no_array_is_refused_by_name(mesh: Path) -> None:
    mesh.with_name("bad.npy").write_bytes(b"hello")
    with pytest.raises(AnimationError, match=r"bad\.npy"):
        open_animation(mesh.with_name("bad.npy"), mesh=mesh, fps=25.0)


def test_each_format_asks_for_what_it_lacks_and_for_no_more(tmp_path: Path, mesh: Path) -> None:
    animation().save(tmp_path / "a.npz")
    animation().save(tmp_path / "a.npy")
    with pytest.raises(ConfigError, match="--mesh"):
        open_animation(tmp_path / "a.npy", mesh=mesh)
    with pytest.raises(ConfigError, match="leave --mesh"):
        open_animation(tmp_path / "a.npz", fps=25.0)
    with pytest.raises(KMTalkError, match=r"gone\.npz"):
        open_animation(tmp_path / "gone.npz")


def test_an_animation_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    animation().save(tmp_path / "take_3.npz")
    animation(name="kmtalk").save(tmp_path / "take_4.npz")
    assert [open_animation(tmp_path / f"take_{n}.npz").name for n in (3, 4)] == ["take_3", "kmtalk"]


def test_sound_is_looked_for_from_here_and_then_beside_the_file(
    write_wav: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_wav("there/speech.wav", np.zeros(3840))
    animation(sound=Sound("speech.wav", 3840)).save(recording.with_name("a.npz"))
    found = open_animation(recording.with_name("a.npz")).sound
    assert found is not None
    assert Path(found.path) == recording
    monkeypatch.chdir(recording.parent)
    assert open_animation(Path("a.npz")).sound == Sound("speech.wav", 3840)


def test_sound_that_is_gone_is_said_and_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    animation(sound=Sound("gone.wav", 10)).save(tmp_path / "a.npz")
    assert open_animation(tmp_path / "a.npz").sound is None
    assert "gone.wav" in caplog.text
    assert "--audio" in caplog.text


def test_a_recording_that_is_given_goes_before_and_another_one_is_noticed(
    write_wav: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    same, other = write_wav("same.wav", np.zeros(3900)), write_wav("other.wav", np.zeros(16_000))
    animation(sound=Sound("gone.wav", 3840)).save(tmp_path / "a.npz")
    assert open_animation(tmp_path / "a.npz", audio=same).sound == Sound(str(same), 3900)
    assert caplog.text == ""
    assert open_animation(tmp_path / "a.npz", audio=other).sound == Sound(str(other), 16_000)
    assert "1.00 s, not 0.24 s" in caplog.text
    with pytest.raises(AudioError):
        open_animation(tmp_path / "a.npz", audio=tmp_path / "gone.wav")


def test_mesh_and_frame_rate_are_for_the_arrays_among_several(tmp_path: Path, mesh: Path) -> None:
    for name in ("a.npz", "b.npy", "c.npz"):
        animation(name=name).save(tmp_path / name)
    paths = [tmp_path / name for name in ("a.npz", "b.npy", "c.npz")]
    for opened in (open_animations, open_motions):
        assert [one.fps for one in opened(paths, mesh=mesh, fps=30.0)] == [25.0, 30.0, 25.0]
        with pytest.raises(ConfigError, match="leave --mesh"):
            opened(paths[::2], fps=30.0)


def test_one_recording_serves_all_and_none_is_missed_where_another_has_it(
    write_wav: Callable[..., Path], tmp_path: Path, mesh: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording = write_wav("speech.wav", np.zeros(3840))
    animation().save(tmp_path / "theirs.npy")
    animation(sound=Sound(str(recording), 3840)).save(tmp_path / "ours.npz")
    paths = [tmp_path / "theirs.npy", tmp_path / "ours.npz"]
    assert [one.sound for one in open_animations(paths, mesh=mesh, fps=25.0)] == [Sound(str(recording), 3840)] * 2
    assert caplog.text == ""
    assert [one.sound for one in open_animations(paths[:1], mesh=mesh, fps=25.0)] == [None]
    assert caplog.text.count("has no sound") == 1


def test_for_what_needs_no_sound_none_is_looked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    animation(sound=Sound("gone.wav", 10)).save(tmp_path / "a.npz")
    animation().save(tmp_path / "b.npz")
    assert len(open_motions([tmp_path / "a.npz", tmp_path / "b.npz"])) == 2
    assert caplog.text == ""


def test_a_file_whose_name_is_no_text_has_a_name_that_is(mesh: Path) -> None:
    path = mesh.with_name("a\udcff.npy")
    np.save(path, animation().vertices)
    # Without a warning of its sound, whose text pytest-xdist could not hand on.
    assert open_motions([path], mesh=mesh, fps=25.0)[0].name == "a\ufffd"


def test_an_npz_that_is_called_npy_is_refused(mesh: Path) -> None:
    animation(sound=None).save(mesh.with_name("face.npz"))
    path = mesh.with_name("face.npz").rename(mesh.with_name("face.npy"))
    with pytest.raises(AnimationError, match=r"name it face\.npz"):
        open_animation(path, mesh=mesh, fps=25.0)


def test_what_is_wrong_with_an_npy_is_said_of_it(mesh: Path) -> None:
    path = mesh.with_name("theirs.npy")
    np.save(path, np.full((T, V * 3), 1e300))
    with pytest.raises(AnimationError, match=r"theirs\.npy with .*face\.obj at 25 fps: its vertices hold NaN or inf"):
        open_animation(path, mesh=mesh, fps=25.0)


def test_a_recording_with_an_impossible_name_is_gone(tmp_path: Path) -> None:
    animation(sound=Sound("x" * 300, 10)).save(tmp_path / "face.npz")
    assert open_animation(tmp_path / "face.npz").sound is None
