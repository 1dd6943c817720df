"""TextGrids as text, in every format of Praat and praatio, for tests of what reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kmtalk_align.aligners.base import Interval

Tier = tuple[str, list[tuple[object, object, str]]]

HELLO: list[Tier] = [
    ("words", [(0, 0.1, ""), (0.1, 0.5, "hello"), (0.5, 1, "")]),
    ("phones", [(0, 0.1, "sil"), (0.1, 0.2, "HH"), (0.2, 0.5, "AH0"), (0.5, 1, "")]),
]
PHONES = (
    Interval(0.0, 0.1, "sil"),
    Interval(0.1, 0.2, "HH"),
    Interval(0.2, 0.5, "AH0"),
    Interval(0.5, 1.0, ""),
)


def long_text(tiers: list[Tier], end: object = 1) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end}", f"        intervals: size = {len(intervals)}"]
        for place, (start, stop, label) in enumerate(intervals, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start}", f"            xmax = {stop}"]
            lines += [f'            text = "{label}"']
    return "\n".join(lines) + "\n"


def short_text(tiers: list[Tier], end: object = 1) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", f"{end}", "<exists>", f"{len(tiers)}"]
    for name, intervals in tiers:
        lines += ['"IntervalTier"', f'"{name}"', "0", f"{end}", f"{len(intervals)}"]
        for start, stop, label in intervals:
            lines += [f"{start}", f"{stop}", f'"{label}"']
    return "\n".join(lines) + "\n"


def json_text(tiers: list[Tier], end: object = 1) -> str:
    entries = [{"class": "IntervalTier", "name": name, "xmin": 0, "xmax": end, "entries": all_} for name, all_ in tiers]
    return json.dumps({"xmin": 0, "xmax": end, "tiers": entries})


def simple_json_text(tiers: list[Tier], end: object = 1) -> str:
    return json.dumps(
        {"start": 0, "end": end, "tiers": {name: {"type": "IntervalTier", "entries": all_} for name, all_ in tiers}}
    )


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "one.TextGrid"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def phones_only(*intervals: tuple[object, object, str]) -> list[Tier]:
    return [("phones", list(intervals))]


FORMATS = pytest.mark.parametrize("text", [long_text, short_text, json_text, simple_json_text])
