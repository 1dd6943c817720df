"""Sets of visemes: which one each phone looks like, from the tables beside this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from kmtalk_align.errors import ConfigError
from kmtalk_align.phones import SPOKEN_NOISE, bare, is_silence, letters

# Each set's own name of a mouth at rest.
SETS = {"oculus": "sil", "rhubarb": "X"}
_NEXT = ">"
# Letters of a triphthong.
_LONGEST = 3


@dataclass(frozen=True)
class VisemeSet:
    """A set by name: its viseme of silence, and the visemes of each phone, one or two; none: that of the next phone."""

    name: str
    silence: str
    table: Mapping[str, tuple[str, ...]]

    @property
    def visemes(self) -> tuple[str, ...]:
        """All of them, that of silence first."""
        return (self.silence, *dict.fromkeys(one for found in self.table.values() for one in found))

    def with_phones(self, given: Iterable[str]) -> VisemeSet:
        """The set with phones of the user's own, each as PHONE=VISEME. Raises ConfigError."""
        table = dict(self.table)
        for one in given:
            phone, _, viseme = one.partition("=")
            if not phone or viseme not in self.visemes:
                raise ConfigError(
                    f"{one!r} is not PHONE=VISEME", where="--phone", fix=f"visemes: {', '.join(self.visemes)}"
                )
            table[phone] = (viseme,)
        return replace(self, table=table)

    def in_capitals(self, phones: Sequence[str]) -> list[str]:
        """Phones of one recording, those of ARPABET in small letters, as Festival writes it, in capitals.

        They are ARPABET where all of them are, with one of two letters among them: `y` alone may be IPA's vowel.
        """
        spoken = {bare(one).upper() for one in phones if not is_silence(one) and bare(one).lower() not in SPOKEN_NOISE}
        arpabet = spoken <= {one for one in self.table if one.isupper()} and any(len(one) > 1 for one in spoken)
        return [one.upper() if arpabet else one for one in phones]

    def check(self, phones: Iterable[str]) -> None:
        """Raise ConfigError, naming all of them, where phones are not known."""
        unknown = [one for one in dict.fromkeys(phones) if self.find(one) is None]
        if unknown:
            raise ConfigError(
                f"no viseme is known for: {', '.join(unknown)}",
                where=f"set {self.name}",
                fix=f"give each one, as --phone {unknown[0]}={self.visemes[1]}",
            )

    def find(self, phone: str) -> tuple[str, ...] | None:
        """The visemes of a phone, one or two in time; () where it takes the next one's; None where it is not known.

        As it stands; else without stress and word position; else, as IPA, without the marks and modifiers of its
        letters; else by its first and its last letter, as of a diphthong.
        """
        if phone in self.table:
            return self.table[phone]
        if is_silence(phone):
            return (self.silence,)
        plain = bare(phone)
        if plain.lower() in SPOKEN_NOISE:
            plain = "spn"
        alone = letters(plain)
        for one in (plain, alone):
            if one in self.table:
                return self.table[one]
        if not 0 < len(alone) <= _LONGEST or alone != alone.lower():
            return None
        ends = [self.table.get(one) for one in dict.fromkeys((alone[0], alone[-1]))]
        if None in ends:
            return None
        return tuple(one for end in ends if end is not None for one in end[:1])


@cache
def viseme_set(name: str) -> VisemeSet:
    """The set of a name. Raises ConfigError for a name of none."""
    if name not in SETS:
        raise ConfigError(f"there is no set of visemes {name!r}", fix=f"choose from: {', '.join(SETS)}")
    text = files(__package__).joinpath(f"{name}.tsv").read_text(encoding="utf-8")
    table: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            visemes, phones = line.split("\t")
            found = () if visemes == _NEXT else tuple(visemes.split())
            table.update(dict.fromkeys(phones.split(), found))
    return VisemeSet(name, SETS[name], table)
