"""What a person must look at: how each run came out."""

from kmtalk_align.quality.summary import RunSummary, summarize

__all__ = ["RunSummary", "summarize"]
