from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.render.figure import draw_figure
from kmtalk_model.render.moments import Moment, is_open_vowel, moments_at, telling_moments

Make = Callable[..., Animation]
PHONES = tuple(
    Interval(0.2 * place, 0.2 * (place + 1), label)
    for place, label in enumerate(["sil", "B", "AE", "T", "M", "AA1", "p", "s", "sil"])
)
WORDS = (Interval(0.2, 0.8, "bat"), Interval(0.8, 1.6, "mops"))


def test_moments_are_closures_and_open_vowels_titled_by_word_and_phone(face: Make) -> None:
    found = telling_moments(face(45, phones=PHONES, words=WORDS))
    titles = [(one.word, one.phone) for one in found]
    assert {("bat", "B"), ("bat", "AE"), ("mops", "M"), ("mops", "AA1"), ("mops", "p")} < set(titles)
    assert len(found) == 6
    assert [one.frame for one in found] == sorted({one.frame for one in found})


def test_without_phones_moments_are_where_the_face_moved_most(face: Make) -> None:
    made = face(60)
    moved = made.vertices.copy()
    moved[33, :, 1] += 3
    found = telling_moments(face(60, vertices=moved))
    assert len(found) == 6
    assert Moment(33) in found
    assert [one.frame for one in telling_moments(face(1))] == [0]


def test_given_times_are_frames_and_must_be_in_the_clip(face: Make) -> None:
    made = face(45, phones=PHONES, words=WORDS)
    assert moments_at(made, [0.3, 1.8]) == [Moment(8, "bat", "B"), Moment(44)]
    with pytest.raises(ConfigError, match=r"--at 1\.9: there is no such time"):
        moments_at(made, [1.9])


@pytest.mark.parametrize(
    ("label", "is_open"),
    [("AE1", True), ("ay", True), ("ɑː", True), ("ã", True), ("B", False), ("i", False), ("A", False), ("", False)],
)
def test_open_vowels_of_both_alphabets_are_known(label: str, is_open: bool) -> None:
    assert is_open_vowel(label) == is_open


@pytest.mark.usefixtures("drawing")
def test_a_figure_has_a_row_for_each_face_and_its_errors(tmp_path: Path, face: Make) -> None:
    captured = face(45, phones=PHONES, words=WORDS)
    wrong = face(45, phones=PHONES, vertices=captured.vertices + np.float32(0.1))
    heights = []
    for name, predicted in (("one.png", [wrong]), ("two.png", [wrong, captured])):
        moments = draw_figure(predicted, tmp_path / name, captured=captured, height=60)
        heights.append(Image.open(tmp_path / name).height)
        assert len(moments) == 6
    assert heights[1] - heights[0] == pytest.approx(2 * 60, abs=2)
    draw_figure([captured], tmp_path / "alone.png", at_s=[0.3, 0.5], height=60)
    assert Image.open(tmp_path / "alone.png").height < heights[0] - 100


@pytest.mark.usefixtures("drawing")
def test_figures_are_vector_files_too_and_equal_for_equal_faces(tmp_path: Path, face: Make) -> None:
    for name in ("a.svg", "b.svg", "a.pdf"):
        draw_figure([face(3)], tmp_path / name, height=60)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_suffix_that_names_no_figure_is_refused(tmp_path: Path, face: Make) -> None:
    with pytest.raises(ConfigError, match=r"name it out\.png"):
        draw_figure([face()], tmp_path / "out.jpg")


@pytest.mark.usefixtures("drawing")
def test_labels_are_text_and_no_formulas(tmp_path: Path, face: Make) -> None:
    words = (Interval(0.0, 0.2, r"$\frac{$"), Interval(0.2, 0.4, "a\nb"))
    draw_figure([face(10, words=words, name="$^$\n")], tmp_path / "out.svg", at_s=(0.1, 0.3), height=64)
    assert (tmp_path / "out.svg").stat().st_size > 0
