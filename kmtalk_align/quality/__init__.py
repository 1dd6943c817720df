"""What a person must look at: how each run came out, how runs agree, and whether the paper's premise holds."""

from kmtalk_align.quality.summary import RunSummary, summarize

__all__ = ["RunSummary", "summarize"]
