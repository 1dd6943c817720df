"""The labels of lip reading: from the words that are spoken to the ids of a CTC head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase


@dataclass(frozen=True)
class Labels:
    """The ids of an utterance; `dropped`: how often each character was met that has no id."""

    ids: tuple[int, ...]
    dropped: Mapping[str, int]


@dataclass(frozen=True)
class Characters:
    """ids: the id of each character and of `delimiter`, which stands between words; size: how many outputs the CTC head
    has; blank: the id of none of them.
    """

    ids: Mapping[str, int]
    size: int
    blank: int = 0
    delimiter: str = "|"

    def __post_init__(self) -> None:
        """Raises ValueError where there is no delimiter, or an id is the blank or beyond the head."""
        if self.delimiter not in self.ids:
            raise ValueError(f"there is no label for what is between words, {self.delimiter!r}")
        wrong = [label for label, one in self.ids.items() if not 0 <= one < self.size or one == self.blank]
        if wrong or not 0 <= self.blank < self.size:
            raise ValueError(f"the head's {self.size} outputs, blank {self.blank}, have no room for: {wrong}")

    @classmethod
    def of_teacher(cls, vocabulary: Mapping[str, int], size: int, blank: int) -> Characters:
        """The labels of a CTC teacher, as its tokenizer has them, so that its own ids and a transcript's agree."""
        return cls({label: one for label, one in vocabulary.items() if one != blank}, size, blank)

    def encode(self, words: Sequence[str]) -> Labels:
        """The labels of spoken words (the column `words` of a transcript). A vocabulary of capitals alone is met."""
        dropped: Counter[str] = Counter()
        coded = [self._word(word.replace("’", "'"), dropped) for word in words]
        found: list[int] = []
        for one in filter(None, coded):
            found += [self.ids[self.delimiter], *one] if found else one
        return Labels(tuple(found), dropped)

    def _word(self, word: str, dropped: Counter[str]) -> list[int]:
        found = []
        for character in word:
            forms = (character, character.lower(), character.upper())
            known = [self.ids[form] for form in forms if form in self.ids and form != self.delimiter]
            if known:
                found.append(known[0])
            else:
                dropped[character] += 1
        return found


ENGLISH = Characters({label: one for one, label in enumerate(["|", "'", *ascii_lowercase], start=1)}, size=29)
"""Where there is no teacher: blank 0, `|`, apostrophe, a to z."""
