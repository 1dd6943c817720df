"""The page in a real browser: mesh and sound in step, and every way to move in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.viewer.conftest import Open, picture, until
from tests.viewer.ruler import FPS, FRAMES, KEYS, ruler

pytestmark = pytest.mark.xdist_group("browser")
# Pictures that the page draws, until so many frames were seen or it plays no longer: where the square is in each, in
# pixels from the left; the sound's position before and after it is drawn; the frame that the page says it shows.
_WATCH = """
async (frames) => {
  const canvas = document.querySelector("canvas"), audio = document.querySelector("audio");
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = copy.getContext("2d", {willReadFrequently: true});
  const found = [], seen = new Set();
  for (let playing = true; playing && seen.size < frames; playing = kmtalk.playing) {
    await new Promise(requestAnimationFrame);
    const [before, after, frame] = [window.begun, audio.currentTime, kmtalk.frame];
    pen.clearRect(0, 0, copy.width, copy.height);
    pen.drawImage(canvas, 0, 0);
    const pixels = pen.getImageData(0, 0, copy.width, copy.height).data;
    let [sum, weight] = [0, 0];
    for (let i = 3, x = 0; i < pixels.length; i += 4, x = (x + 1) % copy.width)
      if (pixels[i] > 127) { sum += x; weight += 1; }
    if (!weight) continue;
    found.push([sum / weight, before, after, frame]);
    seen.add(frame);
  }
  return found;
}"""
_SCRUB = """
(frame) => {
  const slider = document.getElementById("position");
  slider.value = frame;
  slider.dispatchEvent(new Event("input"));
}"""


@pytest.fixture
def sound(write_wav: Callable[..., Path]) -> Path:
    return write_wav("tone.wav", 0.1 * np.sin(np.arange(48_000) * 0.05))


def seen_at(page: Any, frame: int) -> float:
    """Where the square is seen in a frame."""
    page.evaluate(_SCRUB, (frame + 1) % FRAMES)
    [watched] = page.evaluate(f"async () => {{ const seen = ({_WATCH})(1); ({_SCRUB})({frame}); return seen; }}")
    assert watched[3] == frame
    return float(watched[0])


def assert_in_step(page: Any, ends: tuple[float, float]) -> None:
    """What is drawn is the frame of the sound's position, within one frame, whenever something is drawn."""
    place, before, after, frame = np.array(page.evaluate(_WATCH, 8)).T
    drawn = (place - ends[0]) / (ends[1] - ends[0]) * (FRAMES - 1)
    assert len(np.unique(frame)) >= 4
    np.testing.assert_allclose(drawn, frame, atol=0.2)
    early, late = (np.minimum(position * FPS, FRAMES - 1) for position in (before, after))
    assert np.all((early - 1 <= drawn) & (drawn <= late + 1))
    assert np.median(np.abs(drawn - late)) <= 1


def test_mesh_and_sound_are_in_step_at_any_speed_and_after_a_jump(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound), width=700, height=560)
    last, first = seen_at(page, FRAMES - 1), seen_at(page, 0)
    ends = first, last
    assert ends[1] - ends[0] > 5 * FRAMES
    page.get_by_role("button", name="Play").click()
    until(page, "kmtalk.playing")
    assert_in_step(page, ends)
    page.evaluate(_SCRUB, 5)
    assert_in_step(page, ends)
    for speed in ("0.25", "2"):
        page.evaluate(_SCRUB, 10)
        page.get_by_label("Speed").select_option(speed)
        assert_in_step(page, ends)
    assert page.evaluate("kmtalk.rate") == 2
    # It plays to the end, stops there, and begins again.
    until(page, "!kmtalk.playing")
    assert page.evaluate("kmtalk.frame") == FRAMES - 1
    page.get_by_role("button", name="Play").click()
    until(page, "kmtalk.playing && kmtalk.frame > 0 && kmtalk.frame < 40")
    page.get_by_role("button", name="Pause").click()
    assert not page.evaluate("kmtalk.playing")


def test_it_moves_while_it_plays_and_stands_still_while_it_does_not(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound))
    stage = page.locator("#stage")
    before = picture(stage)
    assert before.std() > 1
    np.testing.assert_array_equal(picture(stage), before)
    page.keyboard.press("Space")
    until(page, "kmtalk.frame > 5")
    assert np.any(picture(stage) != before)


def test_it_goes_round(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound))
    page.get_by_label("Loop").check()
    page.get_by_label("Speed").select_option("2")
    page.evaluate(_SCRUB, FRAMES - 10)
    page.keyboard.press("Space")
    until(page, "kmtalk.frame < 20")
    assert page.evaluate("kmtalk.playing")


def test_without_sound_a_wall_clock_drives_it(open_page: Open) -> None:
    page = open_page(ruler())
    assert "no sound" in page.locator(".facts").inner_text()
    assert not page.evaluate("kmtalk.sound")
    assert page.get_by_label("Mute").is_hidden()
    page.get_by_label("Speed").select_option("2")
    elapsed = page.evaluate("""async () => {
        const start = performance.now();
        document.getElementById("play").click();
        while (kmtalk.frame < 40) await new Promise(requestAnimationFrame);
        return [(performance.now() - start) / 1000, kmtalk.time];
    }""")
    assert elapsed[0] * 2 == pytest.approx(elapsed[1], abs=0.1)
    until(page, "!kmtalk.playing")
    assert page.evaluate("[kmtalk.frame, kmtalk.time]") == [FRAMES - 1, FRAMES / FPS]
    page.get_by_label("Loop").check()
    page.keyboard.press("Space")
    until(page, "kmtalk.frame < 20 && kmtalk.playing")


def test_sound_that_the_browser_cannot_play_is_said_and_the_rest_works(
    open_page: Open, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kmtalk_model.viewer.page.flac", lambda path, duration_s: b"no sound")
    page = open_page(ruler(sound))
    assert "sound can't be played here" in page.get_by_role("status").inner_text()
    page.keyboard.press("Space")
    until(page, "kmtalk.frame > 2")


def test_the_timeline_jumps(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound))
    page.get_by_role("button", name="key frame 25, 1.00 s").click()
    assert page.evaluate("kmtalk.frame") == 25
    assert current(page) == ["sofa", "S", "key frame 25, 1.00 s"]
    page.get_by_role("button", name="EH, 0.70 s").click()
    assert page.evaluate("kmtalk.time") == pytest.approx(0.7)
    assert current(page) == ["red", "EH"]
    page.locator("#track").click(position={"x": page.locator("#track").bounding_box()["width"] * 2 / 3, "y": 5})
    assert page.evaluate("kmtalk.time") == pytest.approx(2.0, abs=0.01)
    assert current(page) == ["sofa", "OW"]


def current(page: Any) -> list[str]:
    """What of the timeline is marked as being said, and as the key frame."""
    texts: list[str] = page.evaluate(
        "[...document.querySelectorAll('.current')].map((one) => one.textContent || one.ariaLabel)"
    )
    return texts


def test_a_drag_on_the_timeline_scrubs(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound))
    box = page.locator("#track").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5, steps=4)
    assert page.evaluate("kmtalk.time") == pytest.approx(1.5, abs=0.02)
    page.mouse.up()
    page.mouse.move(box["x"], box["y"] + 5)
    assert page.evaluate("kmtalk.time") == pytest.approx(1.5, abs=0.02)


def test_keys_step_by_frames_and_by_key_frames(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound))
    steps = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", ".", ".", ".", ".", ",", "End", "ArrowRight", "Home"):
        page.keyboard.press(key)
        steps.append(page.evaluate("kmtalk.frame"))
    assert steps == [1, 2, 1, *KEYS[1:], KEYS[-1], KEYS[-2], FRAMES - 1, FRAMES - 1, 0]
    # A control that has the focus keeps its own keys.
    page.get_by_label("Loop").focus()
    page.keyboard.press("Space")
    assert page.get_by_label("Loop").is_checked()
    assert not page.evaluate("kmtalk.playing")


def test_a_single_frame_is_a_still(open_page: Open, sound: Path) -> None:
    page = open_page(ruler(sound, frames=1))
    assert page.locator("#frame").inner_text() == "frame 0 of 0"
    page.keyboard.press("Space")
    page.keyboard.press(".")
    until(page, "!kmtalk.playing")
    assert page.evaluate("kmtalk.frame") == 0
    assert picture(page.locator("#stage")).std() > 1
