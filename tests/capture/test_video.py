"""video.py: the pictures of a video, upright and with their times, or why there are none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.capture.video import pictures
from kmtalk_align.errors import CaptureError
from tests.capture.films import film


@pytest.mark.parametrize("suffix", [".mpg", ".mp4", ".mov", ".mkv"])
def test_pictures_come_in_order_with_their_times(tmp_path: Path, suffix: str) -> None:
    found = list(pictures(film(tmp_path / f"a{suffix}")))
    assert [one.rgb.shape for one in found] == [(48, 64, 3)] * 10
    steps = np.diff([one.time_s for one in found])
    np.testing.assert_allclose(steps, 0.04, atol=0.0011)
    assert abs(found[0].time_s) < 0.08
    levels = [float(one.rgb[36:, :, 2].mean()) for one in found]
    assert levels == sorted(levels)
    red, _, blue = found[0].rgb[4, 32].tolist()
    assert red > 150 > 60 > blue


def test_uneven_times_are_told_as_they_are(tmp_path: Path) -> None:
    times = [0.0, 0.033, 0.1, 0.133, 0.2]
    found = [one.time_s for one in pictures(film(tmp_path / "a.mp4", times))]
    np.testing.assert_allclose(np.diff(found), np.diff(times), atol=0.0011)


def test_pixels_that_are_not_square_are_evened_out(tmp_path: Path) -> None:
    shapes = {one.rgb.shape for one in pictures(film(tmp_path / "a.mp4", pixel_ratio=Fraction(3, 2)))}
    assert shapes == {(48, 96, 3)}


def test_a_picture_held_upside_down_is_turned(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    content = path.read_bytes()
    # The display matrix of the pictures' track header: rotation by half a turn is -1, 0, 0, -1.
    header = content.index(b"tkhd")
    one, minus = (1 << 16).to_bytes(4, "big"), (-(1 << 16)).to_bytes(4, "big", signed=True)
    place = content.index(one, header + 40)
    turned = bytearray(content)
    turned[place : place + 4] = minus
    turned[place + 16 : place + 20] = minus
    path.write_bytes(turned)
    first = next(iter(pictures(path)))
    assert first.rgb[44, 32, 0] > 150 > first.rgb[4, 32, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda path: path.write_bytes(b""), "cannot be decoded"),
        (lambda path: path.write_text("no video at all, only words " * 100), "cannot be decoded"),
        (lambda path: film(path, sound_s=None), "holds no sound"),
        (lambda path: film(path, frames=1), "no moving pictures"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, make: object, message: str) -> None:
    path = tmp_path / "a.mp4"
    make(path)  # type: ignore[operator]
    with pytest.raises(CaptureError, match=message):
        list(pictures(path))


def test_a_recording_of_sound_is_refused(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 16_000)
    with pytest.raises(CaptureError, match="holds no pictures"):
        list(pictures(tmp_path / "a.wav"))


def test_a_video_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=100, sound_s=4.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CaptureError, match="cannot be decoded"):
        list(pictures(path))


def test_a_video_that_is_shorter_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", frames=100, sound_s=4.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CaptureError, match=r"of the 4\.\d\d s that it declares"):
        list(pictures(path))


def test_sound_that_goes_on_after_the_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"end at 0\.36 s of the 3\.\d\d s"):
        list(pictures(film(tmp_path / "a.mp4", sound_s=3.0)))
