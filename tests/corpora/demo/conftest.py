"""The demo's head and sentences, as its motion is made of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.coarticulation import Phone
from kmtalk_align.corpora.demo.head import HEAD_FILE, Head, load_head
from tests.demo_face import Sentence


@pytest.fixture(scope="session")
def head(demo_root: Path) -> Head:
    return load_head(demo_root / HEAD_FILE)


@pytest.fixture(scope="session")
def sentences(demo_root: Path, head: Head) -> list[Sentence]:
    def rows(part: str, utterance_id: str) -> list[dict[str, str]]:
        with (demo_root / part / f"{utterance_id}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    return [
        Sentence(
            one,
            [Phone(float(row["start_s"]), float(row["end_s"]), row["phone"]) for row in rows("phones", one)],
            [(float(row["start_s"]), float(row["end_s"])) for row in rows("words", one)],
            head,
        )
        for one in sorted(path.stem for path in (demo_root / "phones").glob("*.csv"))
    ]


@pytest.fixture(scope="session")
def regions(demo_root: Path) -> dict[str, NDArray[np.int64]]:
    return {
        path.stem: np.array([int(word) for word in path.read_text().replace(",", " ").split()])
        for path in (demo_root / "head" / "regions").glob("*.txt")
    }
