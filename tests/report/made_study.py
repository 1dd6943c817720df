"""A robustness study as the workflow leaves it: quality's tables and evaluations of some runs, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kmtalk_align.asr import recogniser_config
from kmtalk_align.blocks import hold_to_block
from kmtalk_align.quality.report import write_report
from kmtalk_align.selectors import selector
from tests.made_results import Tier, shard
from tests.report.evaluated import evaluated

EXPERIMENT, SPLIT = "main", "testA"
REFERENCE, HEARD, LATER, OTHER = "own.ps.ph", "ear.ps.ph", "own.ps.later", "own.viter.ph"
ERRORS = {REFERENCE: 0.02, HEARD: 0.022, LATER: 0.0202, OTHER: 0.019}
SELECTORS = {"ph": {"kind": "phoneme"}, "later": {"kind": "phoneme", "offset": 1}}
WORDS: Tier = [(0.0, 0.5, "one"), (0.5, 0.9, "two")]
PHONES: Tier = [(0.0, 0.2, "W"), (0.2, 0.5, "AH"), (0.5, 0.9, "T")]
# What `viter` says of the same: a boundary 30 ms later, another 60 ms.
OTHER_PHONES: Tier = [(0.0, 0.23, "W"), (0.23, 0.5, "AH"), (0.5, 0.96, "T")]
KEYS = {REFERENCE: (0, 2, 5, 9), HEARD: (0, 2, 7), LATER: (0, 3, 6, 9), OTHER: (0, 2, 5, 9)}


def utterances(results: Path, run: str, changes: Mapping[str, Any] | None = None) -> None:
    """Two utterances of four words of a run, in two shards: `ear` makes an error in the second."""
    asr, aligner, _ = run.split(".")
    for place, name in enumerate(("clip00", "clip01")):
        made: dict[str, Any] = {
            "reference": "one two one two",
            "heard": "one two one too" if asr == "ear" and place else "one two one two",
            "model": "reference" if asr == "own" else "ears",
            "words": WORDS,
            "phones": OTHER_PHONES if aligner == "viter" else PHONES,
            "key_frames": KEYS[run],
        }
        shard(results, str(place), name, run=run, **(made | dict(changes or {})))


def study(results: Path, changes: Mapping[str, Mapping[str, Any]] | None = None, **evaluation: Any) -> Path:
    """Write everything under `results`; changes: of the utterances, by run; evaluation: as `evaluated` takes it."""
    for run, error in ERRORS.items():
        utterances(results, run, (changes or {}).get(run))
        asr, _, selected = run.split(".")
        backend = {"backend": "reference"} if asr == "own" else {"backend": "faster_whisper"}
        hold_to_block(results / "transcripts" / asr, recogniser_config(backend))
        hold_to_block(results / "keyframes" / run, selector(SELECTORS[selected]))
        name = f"{EXPERIMENT}.{run}"
        path = results / "evaluation" / f"{name}.{SPLIT}.json"
        evaluated(path, {name: error}, **({"split": SPLIT, "aligned": run.rpartition(".")[0]} | evaluation))
    write_report(results, None, results / "quality")
    return results
