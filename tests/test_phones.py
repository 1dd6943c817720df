"""phones.py: which labels are silence, and which phone set they are of."""

from __future__ import annotations

import pytest

from kmtalk_align.phones import ARPABET, bare, is_bilabial, is_silence, phone_set


@pytest.mark.parametrize(
    "label", ["", " ", "sil", "SIL", "sp", "pau", "ssil", "<eps>", "<sil>", "<s>", "</s>", "#", "h#", "(...)", " sil "]
)
def test_silence_is_silence(label: str) -> None:
    assert is_silence(label)


@pytest.mark.parametrize("label", ["+NSN+", "+breath+", "+COUGH+"])
def test_noises_of_pocketsphinx_are_silence(label: str) -> None:
    assert is_silence(label)


@pytest.mark.parametrize("label", ["spn", "SPN", "<unk>", "+SPN+"])
def test_an_unknown_word_counts_as_speech(label: str) -> None:
    assert not is_silence(label)


@pytest.mark.parametrize("label", [*sorted(ARPABET), "AH0", "S", "s", "ʔ", "tʃ", "P", "silent", "a+b"])
def test_a_phone_is_not_silence(label: str) -> None:
    assert not is_silence(label)


@pytest.mark.parametrize("label", ["sil_S", "SIL_B", "sp_S"])
def test_kaldis_position_suffix_does_not_turn_silence_into_speech(label: str) -> None:
    assert is_silence(label)


@pytest.mark.parametrize(
    ("label", "phone"),
    [
        ("AH0", "AH"),
        ("AH", "AH"),
        ("AH0_B", "AH"),
        ("S_S", "S"),
        ("T_E", "T"),
        (" IY1 ", "IY"),
        ("aː", "aː"),
        ("a_b", "a_b"),
    ],
)
def test_bare_drops_stress_and_position(label: str, phone: str) -> None:
    assert bare(label) == phone


def test_arpabet_has_39_phones_without_stress() -> None:
    assert len(ARPABET) == 39
    assert all(bare(phone) == phone for phone in ARPABET)


def test_arpabet_is_recognised_with_stress_silence_and_unknown_words() -> None:
    assert phone_set(["", "HH", "AH0", "L", "OW1", "sil", "spn", "<unk>"]) == "arpabet"


def test_one_foreign_phone_makes_another_phone_set() -> None:
    assert phone_set(["HH", "AH0", "ɫ"]) == "other"


def test_lower_case_phones_are_not_arpabet() -> None:
    assert phone_set(["hh", "ah"]) == "other"


@pytest.mark.parametrize("labels", [[], ["", "sil"], ["spn"]])
def test_without_a_phone_the_set_is_unknown(labels: list[str]) -> None:
    assert phone_set(labels) == "other"


@pytest.mark.parametrize("label", ["SPN_S", "+SPN+", " spn "])
def test_an_unknown_word_in_any_spelling_says_nothing_of_the_phone_set(label: str) -> None:
    assert phone_set(["AH0", label]) == "arpabet"


@pytest.mark.parametrize(
    "label",
    [
        *"PBMpbmɓ",
        "P_B",
        "M_E",
        " B ",
        "pʰ",
        "mʲ",
        "bʷ",
        "m̩",
        "pʲ",
        "bː",
        "mː",
        "p͈",
        "b̤",
        "pf",
        "p͡f",
        "ᵐb",
        "mb",
        "k͡p",
        "ɡ͡b",
    ],
)
def test_lips_meet_at_a_bilabial_of_any_phone_set(label: str) -> None:
    assert is_bilabial(label)


@pytest.mark.parametrize(
    "label", ["", "sil", "sp", "spn", "F", "V", "AH0", "W", "ɱ", "ɸ", "β", "n", "ŋ", "pau", "T_B", "D", "ʍ", "k͡x"]
)
def test_lips_need_not_meet_elsewhere(label: str) -> None:
    assert not is_bilabial(label)
