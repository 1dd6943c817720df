"""The page in a real browser: what is seen, and that nothing on it is cut off."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.aligners.base import Interval
from kmtalk_align.corpora.demo.coarticulation import Phone
from kmtalk_align.corpora.demo.head import HEAD_FILE, load_head
from kmtalk_model.animation import Animation, Sound
from tests.demo_face import Sentence
from tests.viewer.conftest import Open, picture
from tests.viewer.ruler import moved, ruler

pytestmark = pytest.mark.xdist_group("browser")
_HOSTILE = "</script><script>hacked = 1</script><!--<img src=x onerror='hacked = 1'>&lt;b&gt; \u2028 'x' \"y\""


def show(page: Any, *names: str) -> None:
    """Tick these animations, and no others."""
    boxes = page.get_by_role("group", name="Shown").get_by_role("checkbox")
    page.get_by_role("group", name="Shown").get_by_label(names[0], exact=True).check()
    for number in range(boxes.count()):
        wanted = boxes.nth(number).evaluate("(box) => box.parentElement.textContent") in names
        boxes.nth(number).set_checked(wanted)


def test_another_model_is_another_picture(open_page: Open) -> None:
    page = open_page(ruler(), moved(ruler(), (0, 0.01, 0), slice(0, 4), "higher"))
    stage = page.locator("#panels")
    show(page, "ruler")
    one = np.argwhere(_drawn(picture(stage)[60:])).mean(axis=0)
    show(page, "higher")
    other = np.argwhere(_drawn(picture(stage)[60:])).mean(axis=0)
    assert page.evaluate("kmtalk.shown") == ["higher"]
    assert other[0] < one[0] - 5
    # The last one can't be taken away.
    page.get_by_role("group", name="Shown").get_by_label("higher").click()
    assert page.evaluate("kmtalk.shown") == ["higher"]
    show(page, "ruler", "higher")
    assert page.locator(".panel strong").all_inner_texts() == ["ruler", "higher"]


def _drawn(pixels: Any) -> Any:
    """Where something is drawn: page, borders and shades of grey text are neither colourful nor black."""
    values = pixels.astype(int)
    return (np.ptp(values, axis=2) > 25) | (values.max(axis=2) < 30)


def test_errors_are_colours_of_one_scale(open_page: Open) -> None:
    """Of two squares one lies 2 mm off, the other where it was captured: the scale's two ends."""
    captured = ruler(squares=2, name="captured")
    page = open_page(moved(captured, (0, 0, 0.002), slice(4, 8), "model"), captured=captured)
    show(page, "model")
    stage = page.locator("#panels")
    before = picture(stage)
    page.get_by_label("Error as colours").check()
    assert page.evaluate("kmtalk.heat")
    assert page.locator("#marks").inner_text().split("\n") == ["0 mm", "1 mm", "2 mm"]
    shown = picture(stage)[60:]
    rows = np.flatnonzero(_drawn(shown).any(axis=1))
    yellow, black = (shown[row][_drawn(shown)[row]].mean(axis=0) for row in (rows[5], rows[-6]))
    np.testing.assert_allclose(yellow, (252, 255, 164), atol=45)
    np.testing.assert_allclose(black, (0, 0, 4), atol=45)
    page.get_by_label("Error as colours").uncheck()
    np.testing.assert_array_equal(picture(stage), before)
    # Half of the vertices are 2 mm off, all the time.
    assert page.locator(".panel .said").all_inner_texts() == ["mean error 1 mm 1 mm now"]
    assert "model 1 mm" in page.get_by_role("img", name="Mean error over time").get_attribute("aria-label")


def test_a_drag_turns_the_face_and_a_button_turns_it_back(open_page: Open) -> None:
    page = open_page(ruler())
    stage = page.locator("#stage")
    before = picture(stage)
    box = stage.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 450, box["y"] + 230, steps=3)
    page.mouse.up()
    turned = picture(stage)
    assert np.any(turned != before)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(300)
    assert np.any(picture(stage) != turned)
    page.get_by_role("button", name="Front view").click()
    np.testing.assert_array_equal(picture(stage), before)


def test_what_users_named_is_shown_as_text(open_page: Open) -> None:
    hostile = (Interval(0.0, 1.0, _HOSTILE),)
    one = ruler(name=_HOSTILE, words=hostile, phones=hostile)
    page = open_page(one, one, captured=replace(one, name="captured"))
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.title() == _HOSTILE
    said = page.evaluate("[...document.querySelectorAll('h1, .interval, .panel strong')].map((one) => one.textContent)")
    assert said == [*[_HOSTILE] * 2, f"{_HOSTILE} (2)", "captured", *[_HOSTILE] * 2]
    assert page.locator("img").count() == 0


def test_a_cloud_of_points_is_drawn(open_page: Open) -> None:
    bare = ruler(faces=np.zeros((0, 3), np.int32), words=(), phones=(), key_frames=np.zeros(0, np.int32))
    page = open_page(bare, captured=replace(bare, name="captured"))
    assert _drawn(picture(page.locator("#panels"))[60:-20, 20:-20]).sum() >= 8
    page.get_by_label("Error as colours").check()
    assert _drawn(picture(page.locator("#panels"))[60:-20, 20:-20]).sum() >= 8


def test_nothing_but_the_faces_is_an_empty_timeline_hidden(open_page: Open) -> None:
    page = open_page(ruler(words=(), phones=(), key_frames=np.zeros(0, np.int32)))
    assert page.locator("#timeline").is_hidden()
    assert page.locator("#choice").is_hidden()
    assert page.title() == "ruler"


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1600, 1000), (420, 800)])
def test_a_head_that_speaks(
    width: int, height: int, open_page: Open, demo_root: Path, screenshots: Path, record_property: Callable[..., None]
) -> None:
    captured = speaking(demo_root, "slt_sentence02")
    model = replace(captured, name="prediction", vertices=captured.vertices[np.arange(captured.n_frames) // 3 * 3])
    page = open_page(model, captured=captured, width=width, height=height)
    for name, action in (
        ("face", lambda: page.get_by_role("button", name="coffee, ").click()),
        ("errors", lambda: page.get_by_label("Error as colours").check()),
    ):
        action()
        path = screenshots / f"viewer_{name}_{width}.png"
        page.screenshot(path=path)
        record_property("screenshot", str(path))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for control in page.locator("button:not(.interval, .key), input, select").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
    # The playhead is in sight, beside the labels.
    assert 60 < page.locator(".playhead").bounding_box()["x"] < width


def speaking(demo_root: Path, utterance: str) -> Animation:
    """The demo's head as it says a sentence."""

    def rows(part: str, label: str) -> tuple[Interval, ...]:
        with (demo_root / part / f"{utterance}.csv").open(newline="") as file:
            return tuple(Interval(float(r["start_s"]), float(r["end_s"]), r[label]) for r in csv.DictReader(file))

    head, words, phones = load_head(demo_root / HEAD_FILE), rows("words", "word"), rows("phones", "phone")
    sentence = Sentence(
        utterance,
        [Phone(p.start_s, p.end_s, p.label) for p in phones],
        [(one.start_s, one.end_s) for one in words],
        head,
    )
    vertices = sentence.vertices(sentence.frames()).astype(np.float32)
    keys = sorted({round(one.start_s * 25) for one in phones})
    return Animation(
        vertices=vertices,
        fps=25.0,
        template=vertices[0],
        faces=np.asarray(head.faces, np.int32),
        unit="metre",
        key_frames=np.array(keys, np.int32),
        key_source="phoneme",
        words=words,
        phones=phones,
        regions=regions(demo_root),
        sound=Sound(str(demo_root / "wav" / f"{utterance}.flac"), 1),
        name="captured",
    )


def regions(demo_root: Path) -> dict[str, tuple[int, ...]]:
    files = (demo_root / "head" / "regions").glob("*.txt")
    return {path.stem: tuple(int(one) for one in path.read_text().replace(",", " ").split()) for path in files}
