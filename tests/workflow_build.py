"""A small corpus and the workflow over it, for tests of the DAG."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import sys
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kmtalk_align.shards import shard_of
from tests.snakemake_call import snakemake

REPOSITORY = Path(__file__).parents[1]
DEMO = REPOSITORY / "resources" / "demo"
# What must be equal, byte for byte, between two builds; logs and benchmarks are not.
ARTEFACTS = ("corpus", "transcripts", "textgrids", "alignments", "keyframes")
RUN = "reference.pocketsphinx"


def config_of(root: str, *, shards: int = 3, **changes: Any) -> dict[str, Any]:
    """A config over the folder corpus `root`, with the reference transcripts."""
    config = {
        "corpus": {"name": "small", "type": "folder", "root": root, "fps": 25, "shards": shards},
        "asr": {"reference": {"backend": "reference"}},
        "aligner": {"pocketsphinx": {"backend": "pocketsphinx"}},
        "selector": {"phoneme": {"kind": "phoneme"}},
        "runs": [{"asr": "reference", "aligner": "pocketsphinx", "selector": "phoneme"}],
    }
    return config | changes


def copy_demo(folder: Path, ids: list[str]) -> None:
    """Put recordings and transcripts of the embedded corpus into a folder corpus."""
    for part in ("wav", "transcripts"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for utterance_id in ids:
        shutil.copy(DEMO / "wav" / f"{utterance_id}.flac", folder / "wav")
        shutil.copy(DEMO / "transcripts" / f"{utterance_id}.txt", folder / "transcripts")


def demo_ids(count: int) -> list[str]:
    """The first ids of the embedded corpus."""
    return sorted(path.stem for path in (DEMO / "wav").glob("*.flac"))[:count]


def demo_phones(utterance_id: str) -> list[tuple[float, str]]:
    """Start and label of each phone, as the synthesiser made them."""
    with (DEMO / "phones" / f"{utterance_id}.csv").open(newline="") as file:
        return [(float(row["start_s"]), row["phone"]) for row in csv.DictReader(file)]


# The finished build that tests of the workflow share: integration/conftest.py.
SHARDS = 3
EMPTY_SHARD = 2
IDS = [one for one in demo_ids(8) if shard_of(one, SHARDS) != EMPTY_SHARD]


@dataclass
class Build:
    """A working directory with a config and its results."""

    folder: Path
    config: dict[str, Any]

    @property
    def results(self) -> Path:
        return self.folder / "results" / str(self.config["corpus"]["name"])

    def copy(self, folder: Path) -> Build:
        """The same in another folder, times of files included, by which Snakemake tells what is old."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return Build(folder, deepcopy(self.config))

    def command(self, *options: str) -> list[str]:
        """The command that runs snakemake here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config))
        start = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), "--cores", "2"]
        return [*start, "--configfile", "config.yaml", *options]

    def environment(self) -> dict[str, str]:
        """As `make` sets it: the commands of the environment that runs the tests."""
        return os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def run(self, *options: str, fails: bool = False) -> str:
        """Run snakemake; gives what it printed."""
        status, printed = snakemake(self.command(*options)[3:], self.folder, self.environment())
        assert (status != 0) == fails, printed + self.logs()
        return printed

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.results.glob("logs/**/*.log")))

    def digests(self, *more: str) -> dict[str, str]:
        """SHA-256 of every artefact by its path, and of the files of `more` folders."""
        return {
            str(path.relative_to(self.results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for part in (*ARTEFACTS, *more)
            for path in sorted((self.results / part).rglob("*"))
            if path.is_file()
        }

    def temporary_files(self) -> list[Path]:
        return list((self.folder / "results").rglob(".tmp-*"))


def jobs(output: str) -> Counter[str]:
    """How often each rule ran, from what snakemake printed."""
    return Counter(re.findall(r"^local(?:rule|checkpoint) (\w+):$", output, re.MULTILINE))


def read_splits(folder: Path) -> dict[str, list[str]]:
    """The splits of the embedded corpus."""
    splits: dict[str, list[str]] = json.loads((folder / "splits.json").read_text())
    return splits
