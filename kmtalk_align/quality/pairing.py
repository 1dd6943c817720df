"""Two sequences of words or phones laid side by side by least edits, and how many edits that takes."""

from __future__ import annotations

from collections.abc import Sequence

from kmtalk_align.phones import bare

# The schwas of other phone sets, which ARPABET as pocketsphinx has it does not know.
_SAME_PHONE = {"AX": "AH", "AXR": "ER"}


def comparable_word(word: str) -> str:
    """A word as it is compared: without case, in one piece."""
    return "_".join(word.casefold().split())


def comparable_phone(label: str) -> str:
    """A phone as it is compared: without stress, `ax` as `ah`."""
    name = "_".join(bare(label).upper().split())
    return _SAME_PHONE.get(name, name)


def word_errors(expected: Sequence[str], heard: Sequence[str]) -> int:
    """Substitutions, deletions and insertions from the words expected to those heard."""
    if not expected or not heard:
        return max(len(expected), len(heard))
    import jiwer

    found = jiwer.process_words(" ".join(expected), " ".join(heard))
    return int(found.substitutions + found.deletions + found.insertions)


def pairs(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """The places (i, j) that a least edit lays side by side, equal or substituted; labels hold no white space."""
    if first == second:
        return [(place, place) for place in range(len(first))]
    if not first or not second:
        return []
    import jiwer

    return [
        (chunk.ref_start_idx + step, chunk.hyp_start_idx + step)
        for chunk in jiwer.process_words(" ".join(first), " ".join(second)).alignments[0]
        if chunk.type in ("equal", "substitute")
        for step in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]


def equal_pairs(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """The places (i, j) where a least edit leaves two sequences as they are."""
    return [(i, j) for i, j in pairs(first, second) if first[i] == second[j]]
