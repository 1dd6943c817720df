"""The tables of a quality report: their columns. A row is of one utterance, so that any figure can be pooled anew."""

from __future__ import annotations

from kmtalk_align.tables import Table

# A run and an utterance. severity, reasons and message: whether, and why, a person should look.
CLIPS = Table(
    "quality of clips",
    {
        "run": "string",
        "asr": "string",
        "aligner": "string",
        "selector": "string",
        "utterance_id": "string",
        "subject": "string",
        "split": "string",
        "status": "string",
        "failure": "string",
        "source": "string?",
        "duration_s": "double",
        "n_frames": "int64",
        "spoken_s": "double?",
        "silence_share": "double?",
        "words": "int64?",
        "words_per_spoken_s": "double?",
        "score": "double?",
        "unknown_words": "list<string>",
        "key_frames": "int64?",
        "key_ratio": "double?",
        "key_frames_per_spoken_s": "double?",
        "word_errors": "int64?",
        "reference_words": "int64?",
        "word_error_rate": "double?",
        "recogniser_disagreement": "double?",
        "severity": "double",
        "reasons": "list<string>",
        "message": "string",
    },
)

# A pair and an utterance. level: transcripts (names of recognisers), words and phones (``<asr>.<aligner>``), or key
# frames (runs). Differences are second - first.
DISAGREEMENT = Table(
    "disagreement",
    {
        "level": "string",
        "first": "string",
        "second": "string",
        "utterance_id": "string",
        "first_count": "int64?",
        "second_count": "int64?",
        "matched": "int64?",
        "word_errors": "int64?",
        "start_differences_s": "list<double>",
        "end_differences_s": "list<double>",
        "f1": "double?",
        "uniform_f1": "double?",
        "status": "string",
        "message": "string",
    },
)

# An alignment and an utterance for which the corpus has word or phone times. Differences are aligned - given.
GIVEN_TIMES = Table(
    "given times",
    {
        "aligned": "string",
        "tier": "string",
        "utterance_id": "string",
        "given": "int64?",
        "matched": "int64?",
        "start_differences_s": "list<double>",
        "end_differences_s": "list<double>",
        "status": "string",
        "message": "string",
    },
)

# An alignment, an utterance and a quantity. Means over frames within speech, in the corpus' unit by second (or second
# squared); at_offsets: the mean at phone boundaries shifted by -6 to 6 frames, over that at all
# frames likewise shifted.
PREMISE = Table(
    "premise",
    {
        "aligned": "string",
        "utterance_id": "string",
        "subject": "string",
        "region": "string",
        "quantity": "string",
        "boundary_frames": "int64?",
        "other_frames": "int64?",
        "at_boundaries": "double?",
        "elsewhere": "double?",
        "at_uniform": "double?",
        "off_uniform": "double?",
        "at_offsets": "list<double>",
        "status": "string",
        "message": "string",
    },
)
