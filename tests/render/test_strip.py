from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.aligners.base import Interval
from kmtalk_model.animation import Animation
from kmtalk_model.render.strip import KEY_FRAME, Strip
from kmtalk_model.render.text import fitting, font, plain, shortened

Make = Callable[..., Animation]
WIDTH = 601
PHONES = (Interval(0.0, 0.4, "sil"), Interval(0.4, 0.6, "ʃ"), Interval(0.6, 1.0, "ɑː"))


def at(strip: Strip, frame: int) -> NDArray[np.uint8]:
    picture = np.zeros((strip.height, strip.width, 3), np.uint8)
    strip.put(frame, picture)
    return picture


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_a_key_frame_is_below_the_cursor_at_its_frame_and_moves_by_whole_steps(scale: float, face: Make) -> None:
    strip = Strip(face(30, key_frames=np.array([7], np.int32)), WIDTH, scale)
    for frame in (5, 7, 10):
        marked = (at(strip, frame) == KEY_FRAME).all(axis=2)
        columns = np.flatnonzero(marked.any(axis=0))
        # The cursor hides its own columns; what is seen of the mark lies evenly around its middle.
        middle = strip.now + (7 - frame) * strip.step
        assert abs((columns[0] + columns[-1]) / 2 - middle) <= 1


def test_a_phone_begins_at_the_pixel_of_its_time(face: Make) -> None:
    strip = Strip(face(30, phones=PHONES), WIDTH, 1.0)
    paper = at(strip, 0)[0, -1]
    picture = at(strip, 10)  # 0.4 s, where the second phone begins
    row = picture[strip.height // 2]
    assert (row[strip.now - 1] == paper).all()
    assert (row[strip.now + 2 : strip.now + 4] != paper).any()


def test_silence_is_not_drawn(face: Make) -> None:
    silent = Strip(face(30, phones=(PHONES[0],), key_frames=np.array([1], np.int32)), WIDTH, 1.0)
    without = Strip(face(30, key_frames=np.array([1], np.int32)), WIDTH, 1.0)
    np.testing.assert_array_equal(at(silent, 3), at(without, 3))


def test_where_nothing_is_known_there_is_no_strip(face: Make) -> None:
    assert Strip(face(3), WIDTH, 1.0).height == 0


def test_letters_of_the_ipa_are_in_the_font() -> None:
    missing = font(14).getmask("\U0010fffd")
    for letter in "ʃʒθðŋɑɛɪʊəɹɾʔɐɜː":
        assert bytes(font(14).getmask(letter)) != bytes(missing)


def test_text_is_made_to_fit() -> None:
    assert shortened("a run of a long name", 60, 12).endswith("…")
    assert font(12).getlength(shortened("a run of a long name", 60, 12)) <= 60
    assert shortened("short", 60, 12) == "short"
    assert fitting("phone", 20, 14).size < 14


def test_labels_of_several_lines_are_drawn_on_one(face: Make) -> None:
    one, several = (Strip(face(8, words=(Interval(0.0, 0.3, text),)), WIDTH, 1.0) for text in ("a b", "a\nb"))
    np.testing.assert_array_equal(at(one, 2), at(several, 2))
    assert plain("a\r\n\x00\u2028ü") == "a    ü"
