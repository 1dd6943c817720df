"""textgrid.py: what is no TextGrid of speech is an error that names the file and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.errors import TextGridError
from kmtalk_align.textgrid import read_textgrid
from tests.textgrid_texts import (
    FORMATS,
    HELLO,
    Tier,
    json_text,
    long_text,
    phones_only,
    short_text,
    written,
)


def test_without_a_tier_of_phones_the_error_names_the_file_and_its_tiers(tmp_path: Path) -> None:
    path = written(tmp_path, long_text([("words", [(0, 1, "a")]), ("notes", [(0, 1, "b")])]))
    with pytest.raises(TextGridError) as caught:
        read_textgrid(path)
    assert str(path) in str(caught.value)
    assert "words, notes" in str(caught.value)


def test_two_tiers_of_phones_are_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, long_text([("a - phones", [(0, 1, "AH")]), ("b - phones", [(0, 1, "T")])]))
    with pytest.raises(TextGridError, match="several tiers of phones: a - phones, b - phones"):
        read_textgrid(path)


def test_two_tiers_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, long_text([("phones", [(0, 1, "AH")]), ("phones", [(0, 1, "T")])]))
    with pytest.raises(TextGridError, match="several tiers of one name: phones, phones"):
        read_textgrid(path)


@pytest.mark.parametrize("labels", [[""], ["sil", "", "sp"], ["+NSN+"]])
def test_only_silence_is_refused(labels: list[str], tmp_path: Path) -> None:
    intervals = [(place, place + 1, label) for place, label in enumerate(labels)]
    with pytest.raises(TextGridError, match="no phone but silence"):
        read_textgrid(written(tmp_path, long_text(phones_only(*intervals), end=len(labels))))


def test_a_tier_of_phones_without_intervals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match="no phone but silence"):
        read_textgrid(written(tmp_path, short_text(phones_only())))


@FORMATS
@pytest.mark.parametrize(
    ("intervals", "what"),
    [
        ([(0, 0.6, "AH"), (0.5, 1, "T")], "starts before the interval before it ends"),
        ([(0.5, 1, "T"), (0, 0.5, "AH")], "starts before the interval before it ends"),
        ([(0, 0.5, "AH"), (0.5, 0.5, "T"), (0.5, 1, "K")], "ends before it starts"),
        ([(0, 0.5, "AH"), (0.9, 0.6, "T")], "ends before it starts"),
    ],
    ids=["overlapping", "unsorted", "zero length", "backwards"],
)
def test_intervals_out_of_order_are_refused_with_their_place(  # type: ignore[no-untyped-def]
    text, intervals: list[tuple[object, object, str]], what: str, tmp_path: Path
) -> None:
    path = written(tmp_path, text(phones_only(*intervals)))
    with pytest.raises(TextGridError, match=what) as caught:
        read_textgrid(path)
    assert str(path) in str(caught.value)
    assert "tier 'phones', interval " in str(caught.value)


def test_words_out_of_order_are_refused_too(tmp_path: Path) -> None:
    tiers: list[Tier] = [("words", [(0, 0.6, "a"), (0.5, 1, "b")]), ("phones", [(0, 1, "AH")])]
    with pytest.raises(TextGridError, match="tier 'words', interval 2"):
        read_textgrid(written(tmp_path, long_text(tiers)))


@FORMATS
@pytest.mark.parametrize("start", ["-0.3", "-0.1"])
def test_a_negative_time_is_refused(text, start: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, text(phones_only((start, 0.2, "AH"), (0.2, 1, "T"))))
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)


@FORMATS
@pytest.mark.parametrize("time", ["nan", "inf", "-inf", "1e999"])
def test_a_time_that_is_not_finite_is_refused(text, time: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, text(phones_only((0, 0.2, "AH"), (0.2, time, "T"))))
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)


@FORMATS
@pytest.mark.parametrize("time", ["1.2.3", "soon", ".", ""])
def test_a_time_that_is_no_number_is_refused(text, time: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, text(phones_only((0, 0.2, "AH"), (0.2, time, "T"))))
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)


@FORMATS
@pytest.mark.parametrize("end", ["nan", "inf", "later"])
def test_a_whole_that_has_no_end_is_refused(text, end: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, text(phones_only((0, 0.2, "AH")), end=end))
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)


def test_a_textgrid_that_outlasts_the_recording_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 1, "AH"))))
    with pytest.raises(TextGridError, match=r"its phones end at 1\.00 s, the recording at 0\.80 s"):
        read_textgrid(path, duration_s=0.8)


@FORMATS
def test_a_textgrid_that_is_cut_off_between_two_intervals_is_refused(text, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    whole = text(phones_only((0, 0.5, "AH"), (0.5, 1, "T")))
    cut = {long_text: "        intervals [2]", short_text: "0.5\n1\n"}.get(text, ', [0.5, 1, "T"]')
    path = written(tmp_path, whole[: whole.rindex(cut)])
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfe",
        b"\xff\xfeabc",
        b"\x80\x81\x82",
        b"RIFF....WAVEfmt ",
        b"hello",
        b"null",
        b"[]",
        b"{}",
        b"3",
        b'{"xmin": 0, "tiers": []}',
        b'{"tiers": [{"name": "phones", "entries": [[0, 1, "AH"]]}], "xmax": 1}',
        b'{"tiers": [{"name": "phones", "class": "IntervalTier"}], "xmax": 1}',
        b'{"tiers": [{"name": "phones", "class": "IntervalTier", "entries": [[0, 1, "AH"]]}]}',
        b'{"tiers": [{"name": "phones", "class": "IntervalTier", "entries": [[0, 1]]}], "xmax": 1}',
        b'{"tiers": [{"name": "phones", "class": "IntervalTier", "entries": [3]}], "xmax": 1}',
        b'{"tiers": [{"name": "phones", "class": "IntervalTier", "entries": [[null, 1, "AH"]]}], "xmax": 1}',
        b'{"tiers": [{"name": ["phones"], "class": "IntervalTier", "entries": []}], "xmax": 1}',
        b'{"tiers": [3], "xmax": 1}',
        b'{"start": 0, "end": 1, "tiers": []}',
        b'File type = "ooTextFile"\nObject class = "TextGrid"\n',
    ],
)
def test_what_is_no_textgrid_is_an_error_that_names_the_file(content: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, content)
    with pytest.raises(TextGridError) as caught:
        read_textgrid(path)
    assert str(path) in str(caught.value)


def test_a_missing_textgrid_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match=r"none\.TextGrid"):
        read_textgrid(tmp_path / "none.TextGrid")


@settings(max_examples=300)
@given(data=st.data(), text=st.sampled_from([long_text(HELLO), short_text(HELLO), json_text(HELLO)]))
def test_a_damaged_textgrid_reads_or_is_a_textgrid_error(
    data: st.DataObject, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = text.encode()
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 30))
    patch = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from([b"-", b"1e9", b"nan", b"\n", b'"', b"."])))
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    path = written(folder, content[:start] + patch + content[start + length :])
    try:
        alignment = read_textgrid(path)
    except TextGridError as error:
        assert str(path) in str(error)  # noqa: PT017
    else:
        assert alignment.spoken_phones


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_garbage_is_a_textgrid_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "garbage"
    folder.mkdir(exist_ok=True)
    path = written(folder, content)
    with pytest.raises(TextGridError, match=r"one\.TextGrid"):
        read_textgrid(path)
