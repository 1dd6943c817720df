from __future__ import annotations

import pytest

from kmtalk_align.corpora.demo.visemes import PHONES
from kmtalk_align.errors import ConfigError
from kmtalk_align.phones import ARPABET
from kmtalk_model.export.visemes.sets import SETS, VisemeSet, viseme_set

# Of the documentation of Oculus LipSync, in its order.
OCULUS = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
# The phones of MFA's dictionary of US English (english_us_mfa 2.2.1).
ENGLISH_MFA = (
    "aj aw b bʲ c cʰ cʷ d dʒ dʲ d̪ ej f fʲ h i iː j k kʰ kʷ l m mʲ m̩ n n̩ ow p pʰ pʲ pʷ s spn t tʃ tʰ tʲ tʷ t̪ v vʲ w z "
    "æ ç ð ŋ ɐ ɑ ɑː ɒ ɒː ɔj ə ɚ ɛ ɝ ɟ ɟʷ ɡ ɡʷ ɪ ɫ ɫ̩ ɱ ɲ ɹ ɾ ɾʲ ɾ̃ ʃ ʉ ʉː ʊ ʎ ʒ ʔ θ"
)
# Of other languages: nasal, long, ejective, prenasalised, affricate, with tones, with a tie bar.
OTHERS = "ɑ̃ õ yː øː œ ʁ x ç tsʼ t͡s t͡ʃʰ pf ⁿd̪ ɓ ʂ ʈʂ tɕʰ ɕ ɥ a˥˩ i˧˥ aj˥ uɛ aɪ̯ ɔʏ iəw kʼ q ħ ʕ ɣ β ʋ ɨ ɯ ɤ sː"
# The letters of the International Phonetic Alphabet, clicks aside.
CONSONANTS = "pbtdʈɖcɟkɡqɢʔmɱnɳɲŋɴʙrʀⱱɾɽɸβfvθðszʃʒʂʐçʝxɣχʁħʕhɦɬɮʋɹɻjɰlɭʎʟɓɗʄɠʛʍwɥʜʢʡɕʑɺɧ"
VOWELS = "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒ"


@pytest.fixture(params=list(SETS))
def visemes(request: pytest.FixtureRequest) -> VisemeSet:
    return viseme_set(request.param)


def test_every_known_phone_has_a_viseme(visemes: VisemeSet) -> None:
    stressed = [f"{one}{stress}" for one in ARPABET for stress in ("", "0", "1", "2", "1_B", "_E")]
    visemes.check(
        [
            *stressed,
            *ENGLISH_MFA.split(),
            *OTHERS.split(),
            *CONSONANTS,
            *VOWELS,
            "",
            "sil",
            "sp",
            "<eps>",
            "SIL",
            "+NSN+",
        ]
    )
    visemes.check(visemes.in_capitals(PHONES))


def test_the_names_are_those_of_the_set() -> None:
    assert set(viseme_set("oculus").visemes) == set(OCULUS)
    assert set(viseme_set("rhubarb").visemes) == set("ABCDEFGHX")
    assert (viseme_set("oculus").silence, viseme_set("rhubarb").silence) == ("sil", "X")
    assert set(viseme_set("oculus").table) == set(viseme_set("rhubarb").table)


@pytest.mark.parametrize(
    ("phone", "oculus", "rhubarb"),
    [
        ("M", ("PP",), ("A",)),
        ("pʰ", ("PP",), ("A",)),
        ("v", ("FF",), ("G",)),
        ("DH", ("TH",), ("B",)),
        ("AA1", ("aa",), ("D",)),
        ("ɑː", ("aa",), ("D",)),
        ("ɫ̩", ("nn",), ("H",)),
        ("AY2", ("aa", "ih"), ("D", "B")),
        ("aj", ("aa", "ih"), ("D", "B")),
        ("iəw", ("ih", "ou"), ("B", "F")),
        ("t͡ʃʰ", ("CH",), ("B",)),
        ("ç", ("kk",), ("B",)),
        ("HH", (), ()),
        ("", ("sil",), ("X",)),
        ("spn", ("nn",), ("B",)),
        ("<unk>", ("nn",), ("B",)),
    ],
)
def test_a_phone_looks_as_it_should(phone: str, oculus: tuple[str, ...], rhubarb: tuple[str, ...]) -> None:
    assert viseme_set("oculus").find(phone) == oculus
    assert viseme_set("rhubarb").find(phone) == rhubarb


def test_arpabet_in_small_letters_is_told_from_ipa() -> None:
    visemes = viseme_set("oculus")
    assert visemes.in_capitals(["sil", "y", "uw1", "pau"]) == ["SIL", "Y", "UW1", "PAU"]
    assert visemes.in_capitals(["t", "y"]) == ["t", "y"]
    assert visemes.in_capitals(["j", "uː"]) == ["j", "uː"]
    assert visemes.find("Y") == ("ih",)
    assert visemes.find("y") == ("ou",)


def test_unknown_phones_are_named_all_at_once(visemes: VisemeSet) -> None:
    with pytest.raises(ConfigError, match=r"no viseme is known for: PT, 5, hello; give each one, as --phone PT="):
        visemes.check(["M", "PT", "5", "PT", "hello"])


def test_phones_of_ones_own_are_added() -> None:
    found = viseme_set("oculus").with_phones(["PT=PP", "M=sil"])
    assert found.find("PT") == ("PP",)
    assert found.find("M") == ("sil",)
    assert viseme_set("oculus").find("M") == ("PP",)
    for wrong in ("PT", "PT=pp", "=PP", "PT=A"):
        with pytest.raises(ConfigError, match=f"--phone: '{wrong}' is not PHONE=VISEME; visemes: sil, PP, FF"):
            viseme_set("oculus").with_phones([wrong])


def test_another_set_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no set of visemes 'disney'; choose from: oculus, rhubarb"):
        viseme_set("disney")
