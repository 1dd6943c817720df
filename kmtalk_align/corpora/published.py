"""Corpora that are published with splits: what is said of an utterance that these name and that isn't there."""

from __future__ import annotations

from collections.abc import Collection

from kmtalk_align.errors import CorpusError


def missing_from(corpus: str, utterance_id: str, gaps: Collection[str]) -> CorpusError:
    """Why an utterance is missing: `gaps` are those that the corpus lacks itself, whichever copy one has."""
    if utterance_id in gaps:
        return CorpusError(f"{corpus} itself lacks this sequence", where=utterance_id)
    return CorpusError(
        f"is missing from this copy of {corpus}", where=utterance_id, fix="complete the copy, or exclude the utterance"
    )
