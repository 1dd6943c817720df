"""Long recordings: windows that follow the words through the sound, cut at pauses.

The cost of forced alignment grows faster than the recording (aligning 5 minutes at once takes 25 times as long as
25 s), and which words fall into which window is not known beforehand. So each window is matched against the words that
remain, as many of them as it holds; those before its last pause are kept, and the next window starts in that pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from kmtalk_align.aligners.base import Interval
from kmtalk_align.audio import SAMPLE_RATE, Samples
from kmtalk_align.errors import AlignmentError

# Nobody speaks more words a second for half a minute; a window is offered so many.
_WORDS_PER_S = 6
# The last words of a window may be cut off, or be squeezed into its end.
_DOUBTFUL_END_S = 2.0


class WindowAligner(Protocol):
    """What an engine must do for one window."""

    def align_window(self, samples: Samples, tokens: Sequence[str]) -> list[list[Interval]] | None:
        """Phones of each token, None where the tokens can't be aligned."""
        ...

    def match_prefix(self, samples: Samples, tokens: Sequence[str]) -> list[Interval]:
        """The leading tokens that the window holds, and its pauses (labels in ``<>``), in time."""
        ...


def align_in_windows(
    engine: WindowAligner, samples: Samples, tokens: Sequence[str], window_s: float, where: str
) -> list[list[Interval]]:
    """Phones of each token over a recording (S,) of any length. Raises AlignmentError, naming `where`."""
    found: list[list[Interval]] = []
    start = 0
    window = round(window_s * SAMPLE_RATE)
    while len(samples) - start > window:
        here = samples[start : start + window]
        offered = tokens[len(found) : len(found) + round(window_s * _WORDS_PER_S)]
        kept, cut_s = _cut_at_pause(engine.match_prefix(here, offered), window_s) if offered else (0, window_s)
        cut = round(cut_s * SAMPLE_RATE)
        found += _aligned(engine, here[:cut], offered[:kept], start, where)
        start += cut
    return found + _aligned(engine, samples[start:], tokens[len(found) :], start, where)


def _cut_at_pause(matched: list[Interval], window_s: float) -> tuple[int, float]:
    """How many words to keep of a window, and where to cut it: in its last pause before the doubtful end.

    Without a pause the cut is after the last word that ends before the doubtful end; without a word, at the window's
    end.
    """
    spoken = 0
    best: tuple[int, float] | None = None
    for place, interval in enumerate(matched):
        if interval.label.startswith("<"):
            middle = (interval.start_s + interval.end_s) / 2
            if place and spoken and middle <= window_s - _DOUBTFUL_END_S:
                best = (spoken, middle)
        else:
            spoken += 1
    if best is not None and best[1] > window_s / 3:
        return best
    ends = [one.end_s for one in matched if not one.label.startswith("<")]
    sure = [end for end in ends if end <= window_s - _DOUBTFUL_END_S]
    if sure:
        return len(sure), sure[-1]
    starts = [one.start_s for one in matched if not one.label.startswith("<")]
    return 0, min([window_s - _DOUBTFUL_END_S, *starts[:1]])


def _aligned(
    engine: WindowAligner, samples: Samples, tokens: Sequence[str], start: int, where: str
) -> list[list[Interval]]:
    if not tokens:
        return []
    phones = engine.align_window(samples, tokens) if len(samples) else None
    begin = start / SAMPLE_RATE
    if phones is None:
        raise AlignmentError(
            f"the words cannot be aligned with the sound from {begin:.1f} s to "
            f"{begin + len(samples) / SAMPLE_RATE:.1f} s: {' '.join(tokens)[:80]!r}",
            where=where,
            fix="check the transcript",
        )
    return [[_later(one, begin) for one in word] for word in phones]


def _later(interval: Interval, seconds: float) -> Interval:
    """The interval moved by some seconds; to the microsecond, so that neighbours still meet."""
    return replace(interval, start_s=round(interval.start_s + seconds, 6), end_s=round(interval.end_s + seconds, 6))
