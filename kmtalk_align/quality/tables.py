"""The tables of a quality report that nothing else reads: their columns. kmtalk_align.tables has the others.

A row is of one utterance, so that any figure can be pooled anew.
"""

from __future__ import annotations

from kmtalk_align.tables import Table

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
