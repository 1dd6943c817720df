"""The .align files of GRID: which word is said from when to when."""

from __future__ import annotations

from pathlib import Path

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import CorpusError
from kmtalk_align.phones import is_silence

# Their times are samples of the recordings, which have 25 kHz.
RATE = 25_000


def read_align(path: Path) -> list[Interval]:
    """The words of an .align file, in order; its pauses (sil, sp) are left out.

    Each line holds a start, an end and a word. Raises CorpusError, naming the line, where it doesn't.
    """
    fix = "each line is a start, an end, both in samples at 25 kHz, and a word; mend it, or take the file away"
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise CorpusError(f"cannot be read ({error})", where=path, fix=fix) from error
    found: list[Interval] = []
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 3 or not (fields[0].isdecimal() and fields[1].isdecimal()):
            raise CorpusError(f"line {number} is {line.strip()[:60]!r}", where=path, fix=fix)
        start, end = int(fields[0]), int(fields[1])
        if end < start or (found and start / RATE < found[-1].end_s):
            raise CorpusError(f"line {number} begins before the one above ends, or ends before it begins", where=path)
        found.append(Interval(start / RATE, end / RATE, fields[2]))
    words = [one for one in found if not is_silence(one.label)]
    if not words:
        raise CorpusError("holds no word", where=path, fix=fix)
    return words
