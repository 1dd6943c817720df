"""The aligner `textgrid`: the user's own TextGrids."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, ConfigError, TextGridError
from kmtalk_align.files import encode_id
from kmtalk_align.textgrid import write_textgrid

ALIGNMENT = Alignment((), (Interval(0.0, 0.5, "AH0", -2.0), Interval(0.5, 1.0, "T", -4.0)), 1.0)


def unheard() -> Samples:
    raise AssertionError("the recording was decoded")


def utterance(utterance_id: str, duration_s: float = 1.0) -> Utterance:
    return Utterance(utterance_id, "s1", "train", "a.wav", duration_s=duration_s)


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("utterance_id", ["plain", "a b", "v1.2", "Žluť", "日本", "50%"])
def test_the_textgrid_of_any_id_is_read_without_words_or_sound(
    tmp_path: Path, utterance_id: str, encoded: bool
) -> None:
    write_textgrid(tmp_path / f"{encode_id(utterance_id) if encoded else utterance_id}.TextGrid", ALIGNMENT)
    aligner = aligner_config({"backend": "textgrid", "folder": str(tmp_path)}).load()
    aligned = aligner.align(utterance(utterance_id), [], unheard)
    assert aligned.alignment.phones == ALIGNMENT.phones
    assert aligned.unknown_words == ()


def test_it_needs_no_words(tmp_path: Path) -> None:
    assert not aligner_config({"backend": "textgrid", "folder": str(tmp_path)}).load().needs_words


def test_an_utterance_without_a_textgrid_is_an_error_that_names_it_and_the_folder(tmp_path: Path) -> None:
    aligner = aligner_config({"backend": "textgrid", "folder": str(tmp_path)}).load()
    with pytest.raises(AlignmentError) as caught:
        aligner.align(utterance("a b"), [], unheard)
    assert "a b: has no TextGrid" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_textgrid_of_a_longer_recording_is_refused(tmp_path: Path) -> None:
    write_textgrid(tmp_path / "a.TextGrid", ALIGNMENT)
    aligner = aligner_config({"backend": "textgrid", "folder": str(tmp_path)}).load()
    with pytest.raises(TextGridError, match=r"a\.TextGrid"):
        aligner.align(utterance("a", duration_s=0.5), [], unheard)


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    config = aligner_config({"backend": "textgrid", "folder": str(tmp_path / "none")})
    with pytest.raises(AlignmentError, match="none"):
        config.load()


def test_a_block_without_a_folder_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="folder"):
        aligner_config({"backend": "textgrid"})


def test_an_unknown_backend_is_an_error_that_lists_the_aligners() -> None:
    with pytest.raises(ConfigError, match="choose from: mfa, pocketsphinx, textgrid"):
        aligner_config({"backend": "textgrids"})


def test_the_score_of_an_alignment_is_weighted_by_length() -> None:
    phones = (Interval(0.0, 0.1, "AH", -1.0), Interval(0.1, 0.4, "T", -5.0), Interval(0.4, 9.0, "sil", -99.0))
    assert Alignment((), phones, 9.0).score == pytest.approx(-4.0)


def test_phones_without_a_score_do_not_count_towards_it() -> None:
    phones = (Interval(0.0, 0.1, "AH", -1.0), Interval(0.1, 0.4, "T"))
    assert Alignment((), phones, 1.0).score == pytest.approx(-1.0)


def test_an_alignment_without_scores_has_none() -> None:
    assert Alignment((), (Interval(0.0, 0.1, "AH"),), 1.0).score is None


def test_spoken_phones_leave_silence_out_and_keep_unknown_words() -> None:
    phones = tuple(Interval(place, place + 1, label) for place, label in enumerate(["sil", "AH", "", "spn", "+NSN+"]))
    assert [phone.label for phone in Alignment((), phones, 5.0).spoken_phones] == ["AH", "spn"]
