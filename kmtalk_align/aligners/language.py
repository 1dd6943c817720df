"""What an aligner says to speech in a language that its model doesn't speak."""

from __future__ import annotations

from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError

FIX = (
    "use aligner mfa with the model and dictionary of this language, or viter with such a model or trained on the "
    "corpus, or give TextGrids of your own (docs/languages.md)"
)


def refuse_language(utterance: Utterance, speaks: str | None, *, model: str) -> None:
    """Raise AlignmentError where an utterance is known to be in another language (ISO 639-1) than the model's.

    Where either is None nobody knows, and nothing is refused.
    """
    if speaks is not None and utterance.language not in (None, speaks):
        raise AlignmentError(
            f"its language is {utterance.language!r}, and {model} speaks {speaks!r} alone",
            where=utterance.utterance_id,
            fix=FIX,
        )
