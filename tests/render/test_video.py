from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.audio import SAMPLE_RATE
from kmtalk_align.errors import AnimationError, ArtefactError, ConfigError, RenderError
from kmtalk_model.animation import Animation, Sound
from kmtalk_model.render import encoder
from kmtalk_model.render.camera import View
from kmtalk_model.render.colours import HeatMap
from kmtalk_model.render.scene import BACKGROUND
from kmtalk_model.render.video import Film, render_video

pytestmark = pytest.mark.usefixtures("drawing")
Make = Callable[..., Animation]
HEIGHT = 64


def test_a_video_has_each_frame_at_its_time_and_even_sizes(tmp_path: Path, face: Make, read_video: Any) -> None:
    render_video(face(7, fps=30.0), tmp_path / "out.mp4", height=63)
    found = read_video(tmp_path / "out.mp4")
    assert (found.codecs, found.pixels, found.fps) == (["h264"], "yuv420p", 30)
    np.testing.assert_allclose(found.times_s, np.arange(7) / 30, atol=1e-4)
    assert found.frames.shape[1] % 2 == found.frames.shape[2] % 2 == 0
    assert all((one != other).any() for one, other in zip(found.frames, found.frames[1:], strict=False))


def test_a_fractional_frame_rate_is_kept(tmp_path: Path, face: Make, read_video: Any) -> None:
    render_video(face(5, fps=29.97), tmp_path / "out.mp4", height=HEIGHT)
    assert float(read_video(tmp_path / "out.mp4").fps) == pytest.approx(29.97)


def test_the_sound_is_not_late(tmp_path: Path, face: Make, read_video: Any, write_wav: Callable[..., Path]) -> None:
    flashes = np.array([10, 23, 36])
    shown = face(50)
    moving = np.zeros_like(shown.vertices)  # nothing to be seen
    moving[flashes] = shown.template
    clicks = np.zeros(2 * SAMPLE_RATE)
    for frame in flashes:
        clicks[round(frame / 25 * SAMPLE_RATE) :][:40] = 0.9
    sound = Sound(str(write_wav("clicks.wav", clicks)), len(clicks))
    render_video(dataclasses.replace(shown, vertices=moving, sound=sound), tmp_path / "out.mp4", height=HEIGHT)
    found = read_video(tmp_path / "out.mp4")
    # The flash darkens the picture, whose background is light.
    bright = found.frames.mean(axis=(1, 2, 3))
    seen_s = found.times_s[bright < bright.max() - 10]
    np.testing.assert_allclose(seen_s, flashes / 25, atol=1e-3)
    loud = found.samples_s[np.abs(found.samples) > 0.4]
    heard_s = [loud[np.abs(loud - time_s) < 0.2].min() for time_s in seen_s]
    np.testing.assert_allclose(heard_s, seen_s, atol=0.004)
    played = found.samples_s >= 0
    assert found.samples_s[played].max() == pytest.approx(2.0, abs=1024 / SAMPLE_RATE)


@pytest.mark.parametrize(("seconds", "says"), [(0.5, "silence follows"), (3.0, "the sound is cut")])
def test_the_sound_lasts_as_long_as_the_motion(
    seconds: float,
    says: str,
    tmp_path: Path,
    face: Make,
    read_video: Any,
    write_wav: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    count = round(seconds * SAMPLE_RATE)
    sound = Sound(str(write_wav("tone.wav", 0.3 * np.sin(np.arange(count) * 0.1))), count)
    render_video(face(25, sound=sound), tmp_path / "out.mp4", height=HEIGHT)
    found = read_video(tmp_path / "out.mp4")
    assert found.codecs == ["h264", "aac"]
    assert len(found.frames) == 25
    assert found.samples_s.max() == pytest.approx(1.0, abs=1024 / SAMPLE_RATE)
    assert says in caplog.text


def test_a_single_frame_is_a_video(tmp_path: Path, face: Make, read_video: Any, write_wav: Callable[..., Path]) -> None:
    sound = Sound(str(write_wav("short.wav", np.zeros(640))), 640)
    render_video(face(1, sound=sound, key_frames=np.zeros(1, np.int32)), tmp_path / "out.mp4", height=HEIGHT)
    assert len(read_video(tmp_path / "out.mp4").frames) == 1


def test_a_mesh_without_faces_is_drawn_as_points(
    tmp_path: Path, face: Make, read_video: Any, caplog: pytest.LogCaptureFixture
) -> None:
    render_video(face(2, faces=np.zeros((0, 3), np.int32)), tmp_path / "out.mp4", height=HEIGHT)
    assert "made up: has no faces, so its vertices are drawn as points" in caplog.text
    dark = read_video(tmp_path / "out.mp4").frames[0].min(axis=2) < 200
    assert 5 <= dark[10:].sum() < 500


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_any_unit_fills_the_panel(scale: float, face: Make) -> None:
    one = face(1)
    film = Film(
        dataclasses.replace(one, vertices=one.vertices * scale, template=one.template * scale), None, View(), HEIGHT
    )
    (picture,) = film.frames()
    film.close()
    drawn = (np.abs(picture.astype(int) - BACKGROUND).sum(axis=2) > 30)[8:]
    assert 0.7 * HEIGHT < drawn.any(axis=1).sum() < HEIGHT


def test_errors_have_their_colour_in_the_third_panel(face: Make) -> None:
    captured = face(1)
    wrong = captured.vertices.copy()
    wrong[0, :, 2] += np.array([0.2, 0.2, 0.2, 0.2, 0.2], np.float32)
    film = Film(dataclasses.replace(captured, vertices=wrong), captured, View(), HEIGHT)
    (picture,) = film.frames()
    film.close()
    width = film.size[0] // 3
    middles = picture[6 + HEIGHT // 2, [width // 2 + place * width for place in range(3)]].astype(int)
    brightest = HeatMap(1.0).colours(np.array([1.0]))[0].astype(int)
    assert np.abs(middles[2] - brightest).max() < 60
    assert middles[2][0] > 200 > middles[2][2]
    assert np.abs(middles[0] - middles[2]).max() > 30
    assert np.abs(middles[0] - middles[1]).max() < 20


def test_no_error_anywhere_is_black(face: Make) -> None:
    film = Film(face(1), face(1), View(), HEIGHT)
    (picture,) = film.frames()
    film.close()
    assert picture[6 + HEIGHT // 2, 5 * film.size[0] // 6].max() < 90


def test_the_captured_sound_serves_where_the_result_has_none(
    tmp_path: Path, face: Make, read_video: Any, write_wav: Callable[..., Path]
) -> None:
    sound = Sound(str(write_wav("a.wav", 0.5 * np.sin(np.arange(3840) * 0.1))), 3840)
    render_video(face(6), tmp_path / "out.mp4", captured=face(6, sound=sound), height=HEIGHT)
    assert np.abs(read_video(tmp_path / "out.mp4").samples).max() > 0.3


def test_other_speech_beside_it_is_refused(tmp_path: Path, face: Make) -> None:
    with pytest.raises(AnimationError, match="give the same speech"):
        render_video(face(6), tmp_path / "out.mp4", captured=face(20), height=HEIGHT)
    assert list(tmp_path.iterdir()) == []


def test_a_suffix_that_is_no_video_is_refused(tmp_path: Path, face: Make) -> None:
    with pytest.raises(ConfigError, match=r"name it out\.mp4"):
        render_video(face(), tmp_path / "out.avi", height=HEIGHT)


def test_an_output_that_cannot_be_written_is_said_before_work(tmp_path: Path, face: Make) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match="cannot be written"):
        render_video(face(), tmp_path / "file" / "out.mp4", height=HEIGHT)


def test_what_ffmpeg_said_last_is_the_error(tmp_path: Path, face: Make) -> None:
    (tmp_path / "no.wav").write_text("this is no recording")
    with pytest.raises(RenderError, match=r"ffmpeg failed: .*no\.wav.*Invalid data"):
        render_video(face(200, sound=Sound(str(tmp_path / "no.wav"), 128_000)), tmp_path / "out.mp4", height=HEIGHT)
    assert [one.name for one in tmp_path.iterdir()] == ["no.wav"]


def test_a_full_disk_is_one_error(tmp_path: Path, face: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    full = ["sh", "-c", "cat > /dev/null; echo 'x: No space left on device' >&2; exit 228"]
    monkeypatch.setattr(encoder, "command", lambda *_: full)
    with pytest.raises(RenderError, match="No space left on device"):
        render_video(face(), tmp_path / "out.mp4", height=HEIGHT)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_no_file_and_no_ffmpeg(tmp_path: Path, face: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[encoder.Encoder] = []
    write = encoder.Encoder.write

    def interrupted(self: encoder.Encoder, frame: Any) -> None:
        if running:
            raise KeyboardInterrupt
        running.append(self)
        write(self, frame)

    monkeypatch.setattr(encoder.Encoder, "write", interrupted)
    (tmp_path / "out.mp4").write_text("the old one")
    with pytest.raises(KeyboardInterrupt):
        render_video(face(), tmp_path / "out.mp4", height=HEIGHT)
    assert running[0]._process.returncode is not None
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("out.mp4", "the old one")]


def test_a_name_of_two_lines_is_drawn_on_one(tmp_path: Path, face: Make) -> None:
    render_video(face(1, name="two\nlines"), tmp_path / "out.mp4", height=HEIGHT)
    assert (tmp_path / "out.mp4").is_file()


def test_a_recording_is_not_overwritten_by_its_video(tmp_path: Path, face: Make) -> None:
    recorded = tmp_path / "recorded.mp4"
    recorded.write_bytes(b"mine")
    with pytest.raises(ArtefactError, match="overwritten"):
        render_video(face(1, sound=Sound(str(recorded), 640)), recorded, height=HEIGHT)
    assert recorded.read_bytes() == b"mine"
