"""TextGrid <-> Alignment, by praatio. Tiers `words`, `phones`, and `scores` where the engine gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.errors import TextGridError
from kmtalk_align.files import write_bytes

# Boundaries of neighbours may cross by rounding.
_TOLERANCE_S = 1e-6
# Phones may outlast the recording by so much before the TextGrid must be of another one.
_SLACK_S = 0.1
_TIME = re.compile(r"^(\s*(?:xmin|xmax|number) ?= ?)(-?[\d.]+(?:[eE][+-]?\d+)?)(?=\s*$)", re.MULTILINE)
_COUNT = re.compile(
    r"(?:intervals|points): ?size ?= ?(\d+)|"
    r'^"(?:IntervalTier|TextTier)"\s*\n\s*"(?:[^"]|"")*"\s*\n\s*\S+\s*\n\s*\S+\s*\n\s*(\d+)',
    re.MULTILINE,
)
_UNSCORED = "--undefined--"


def write_textgrid(path: Path, alignment: Alignment) -> None:
    """Write an alignment in Praat's long text format, in one step. Raises ArtefactError."""
    from praatio.utilities import textgrid_io

    end = alignment.duration_s
    tiers = {"words": alignment.words, "phones": alignment.phones}
    if any(phone.score is not None for phone in alignment.phones):
        tiers["scores"] = tuple(replace(phone, label=_score_label(phone.score)) for phone in alignment.phones)
    grid = {
        "xmin": 0.0,
        "xmax": end,
        "tiers": [
            {"class": "IntervalTier", "name": name, "xmin": 0.0, "xmax": end, "entries": _entries(intervals)}
            for name, intervals in tiers.items()
        ],
    }
    text = textgrid_io.getTextgridAsStr(grid, "long_textgrid", includeBlankSpaces=True)
    write_bytes(path, text.encode("utf-8"))


def read_textgrid(path: Path, *, duration_s: float | None = None) -> Alignment:
    """The alignment of a TextGrid: Praat's long or short text, or praatio's JSON, in UTF-8 or UTF-16.

    The phones are the tier whose name ends in ``phones`` or ``phone`` (MFA writes ``<speaker> - phones``), likewise
    the words, which may be absent. Raises TextGridError where the file can't be read, has no phones tier or more than
    one, has intervals that overlap, run backwards or are out of order, or outlasts the recording of `duration_s`.
    """
    names, tiers, end_s = _parse(path)
    phones = _intervals(tiers, ("phones", "phone"), path)
    if phones is None:
        raise TextGridError(
            f"holds no interval tier of phones; its tiers are: {', '.join(names)}",
            where=path,
            fix="name the tier `phones`",
        )
    words = _intervals(tiers, ("words", "word"), path) or []
    scores = {
        (one.start_s, one.end_s): _score(one.label) for one in _intervals(tiers, ("scores",), path) or [] if one.label
    }
    scored = tuple(Interval(one.start_s, one.end_s, one.label, scores.get((one.start_s, one.end_s))) for one in phones)
    alignment = Alignment(tuple(words), scored, max([end_s, *(one.end_s for one in (*words, *scored))]))
    spoken = alignment.spoken_phones
    if not spoken:
        raise TextGridError("holds no phone but silence", where=path)
    if duration_s is not None and spoken[-1].end_s > duration_s + _SLACK_S:
        raise TextGridError(
            f"its phones end at {spoken[-1].end_s:.2f} s, the recording at {duration_s:.2f} s",
            where=path,
            fix="is it of this recording?",
        )
    return alignment


def _parse(path: Path) -> tuple[list[str], dict[str, list[Interval]], float]:
    """Names of all tiers, intervals by tier, and the end in seconds."""
    from praatio.utilities import textgrid_io

    try:
        content = path.read_bytes()
    except OSError as error:
        raise TextGridError(f"cannot be read ({error.strerror})", where=path) from error
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        parsed: dict[str, Any] = textgrid_io.parseTextgridStr(_plain_times(text), includeEmptyIntervals=True)
        names = [str(tier["name"]) for tier in parsed["tiers"]]
        end_s = float(parsed["xmax"])
        if not math.isfinite(end_s):
            raise ValueError(f"it ends at {end_s}")
        declared = [int(one or two) for one, two in _COUNT.findall(text)]
        counts = [len(tier["entries"]) for tier in parsed["tiers"]]
        if not text.lstrip().startswith("{") and declared != counts:
            raise ValueError(f"its tiers declare {declared} intervals and hold {counts}: it is cut off")
        tiers = {
            str(tier["name"]): [Interval(float(start), float(end), str(label)) for start, end, label in tier["entries"]]
            for tier in parsed["tiers"]
            if tier["class"] == "IntervalTier"
        }
    except Exception as error:  # praatio's parser raises whatever its string handling meets
        raise TextGridError(f"is not a readable TextGrid ({type(error).__name__}: {error})", where=path) from error
    if len(set(names)) != len(names):
        raise TextGridError(f"has several tiers of one name: {', '.join(names)}", where=path, fix="rename them")
    return names, tiers, end_s


def _plain_times(text: str) -> str:
    """A TextGrid without exponents or signs: praatio's reader of the long format knows neither."""

    def plain(found: re.Match[str]) -> str:
        value = Decimal(found[2])
        if value < 0:
            raise ValueError(f"a time is negative: {found[2]}")
        return f"{found[1]}{value:f}"

    return _TIME.sub(plain, text)


def _intervals(tiers: dict[str, list[Interval]], endings: tuple[str, ...], path: Path) -> list[Interval] | None:
    """The checked intervals of the one tier whose name ends so; None where there is none."""
    names = [name for name in tiers if name.strip().lower().endswith(endings)]
    if not names:
        return None
    if len(names) > 1:
        raise TextGridError(
            f"has several tiers of {endings[0]}: {', '.join(names)}", where=path, fix="keep those of one speaker"
        )
    intervals = tiers[names[0]]
    _check_order(intervals, f"{path}, tier {names[0]!r}")
    return intervals


def _check_order(intervals: Sequence[Interval], where: str) -> None:
    before = 0.0
    for number, one in enumerate(intervals, start=1):
        place = f"{where}, interval {number} ({one.label!r}, {one.start_s:g} to {one.end_s:g} s)"
        if not (math.isfinite(one.start_s) and math.isfinite(one.end_s)) or one.start_s < -_TOLERANCE_S:
            raise TextGridError("has an impossible time", where=place)
        if one.end_s <= one.start_s:
            raise TextGridError("ends before it starts", where=place)
        if one.start_s < before - _TOLERANCE_S:
            raise TextGridError(
                f"starts before the interval before it ends ({before:g} s)",
                where=place,
                fix="put the intervals in order, without overlap",
            )
        before = one.end_s


def _entries(intervals: Sequence[Interval]) -> list[Any]:
    from praatio.utilities import constants

    return [constants.Interval(one.start_s, one.end_s, one.label) for one in intervals]


def _score_label(score: float | None) -> str:
    return _UNSCORED if score is None else f"{score:.3f}"


def _score(label: str) -> float | None:
    try:
        return float(label)
    except ValueError:
        return None
