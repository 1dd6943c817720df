"""What lies under results/<corpus>: its corpus, its runs, and the tables of one shard, each read once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kmtalk_align import blocks, stage
from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.phones import is_silence
from kmtalk_align.stage import Row
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TEXTGRID_STATUS, TRANSCRIPTS, Table

# What the corpus' own transcripts name as their model.
_REFERENCE = "reference"


@dataclass(frozen=True, order=True)
class Run:
    """A recogniser, an aligner and a selector by their names in the config."""

    asr: str
    aligner: str
    selector: str

    @property
    def aligned(self) -> str:
        """What its alignments are named by, ``<asr>.<aligner>``."""
        return f"{self.asr}.{self.aligner}"

    @property
    def name(self) -> str:
        """``<asr>.<aligner>.<selector>``."""
        return f"{self.aligned}.{self.selector}"


@dataclass(frozen=True)
class Results:
    """The folder ``results/<corpus>`` and what its corpus.json says."""

    folder: Path
    corpus: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Results:
        """The results in a folder. Raises ArtefactError where there is no corpus."""
        path = folder / "corpus" / "corpus.json"
        try:
            found = cls(folder, json.loads(path.read_text(encoding="utf-8")))
            found.shards  # noqa: B018  it must be there before anything else is read
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ArtefactError(f"cannot be read ({error})", where=path, fix="run snakemake first") from error
        return found

    @property
    def shards(self) -> list[str]:
        """The shards that the corpus has now, whatever else lies there."""
        return list(self.corpus["shards"])

    @property
    def description(self) -> str:
        """What a reader of any result must know of the data; empty where nothing is."""
        return str(self.corpus.get("description", ""))

    def runs(self, names: Iterable[str] = ()) -> list[Run]:
        """Every run that has come to key frames, sorted; only those of `names` where there are any.

        Raises ConfigError for a name that no run here has.
        """
        parts = [folder.name.split(".") for folder in (self.folder / "keyframes").glob("*.*.*")]
        found = {run.name: run for run in sorted(Run(*part) for part in parts if len(part) == 3)}
        wanted = sorted(set(names)) or list(found)
        for name in wanted:
            if name not in found:
                raise ConfigError(
                    f"there is no run {name!r}",
                    where=self.folder,
                    fix=f"choose from: {', '.join(found) or 'none has come to key frames; run snakemake first'}",
                )
        return [found[name] for name in wanted]

    def missing_shards(self, run: Run) -> list[str]:
        """The shards of which a run lacks a table."""
        return [name for name in self.shards if Shard(self, name).lacks(run)]

    def missing_tables(self, run: Run) -> list[Path]:
        """The tables that a run lacks, as paths below `folder`; transcripts too, where it has any."""
        lacking = [path for name in self.shards for path in Shard(self, name).lacks(run)]
        transcripts = [self.folder / "transcripts" / run.asr / f"{name}.parquet" for name in self.shards]
        if any(path.is_file() for path in transcripts):
            lacking += [path for path in transcripts if not path.is_file()]
        return [path.relative_to(self.folder) for path in lacking]

    def score_limit(self, aligned: str) -> float | None:
        """The score below which the aligner takes an utterance for not aligned; None where it has no such limit."""
        path = self.folder / "textgrids" / aligned / blocks.BLOCK_FILE
        try:
            return float(json.loads(path.read_bytes())["min_score"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Shard:
    """The tables of one shard, as rows by utterance id."""

    def __init__(self, results: Results, name: str) -> None:
        self.name = name
        self._folder = results.folder
        self._read: dict[tuple[str, ...], Any] = {}

    def has(self, run: Run) -> bool:
        """Whether the shard has all tables of a run."""
        return not self.lacks(run)

    def lacks(self, run: Run) -> list[Path]:
        """The tables that the shard lacks of a run and of the corpus."""
        wanted = (
            self._path("corpus", ""),
            self._path("textgrids", run.aligned, ".status"),
            self._path("alignments", run.aligned),
            self._path("keyframes", run.name),
        )
        return [path for path in wanted if not path.is_file()]

    @property
    def utterances(self) -> dict[str, Row]:
        """The rows of the corpus."""
        return self._rows(CORPUS, "corpus", "")

    def transcripts(self, asr: str) -> dict[str, Row]:
        """What a recogniser heard; empty where the user's own TextGrids needed none."""
        return self._rows(TRANSCRIPTS, "transcripts", asr) if self._path("transcripts", asr).is_file() else {}

    def listens(self, asr: str) -> bool:
        """Whether a recogniser hears all recordings; false where it gives the corpus' own transcripts, if any.

        Of the block and not of the rows, so that it is the same for all shards.
        """
        found: bool = self._once(("listens", asr), lambda: self._backend("transcripts", asr) != _REFERENCE)
        return found

    def heard(self, asr: str, utterance_id: str) -> bool:
        """Whether the recording was heard for the transcript of an utterance, or the corpus' own one was taken."""
        row = self.transcripts(asr).get(utterance_id)
        return row is None or row["model"] != _REFERENCE

    def textgrid_status(self, aligned: str) -> dict[str, Row]:
        """How each utterance came out of the aligner."""
        return self._rows(TEXTGRID_STATUS, "textgrids", aligned, ".status")

    def alignments(self, aligned: str) -> dict[str, Alignment]:
        """The alignments, without the utterances that have none; silent words are left out."""

        def read() -> dict[str, Alignment]:
            tiers: dict[str, dict[str, list[Interval]]] = defaultdict(lambda: {"words": [], "phones": []})
            for row in ALIGNMENTS.read(self._path("alignments", aligned)):
                if row["tier"] == "phones" or (row["tier"] == "words" and not is_silence(row["label"])):
                    interval = Interval(row["start_s"], row["end_s"], row["label"], row["score"])
                    tiers[row["utterance_id"]][row["tier"]].append(interval)
            return {
                one: Alignment(tuple(tier["words"]), tuple(tier["phones"]), self.utterances[one]["duration_s"])
                for one, tier in tiers.items()
                if one in self.utterances
            }

        found: dict[str, Alignment] = self._once(("alignments", aligned), read)
        return found

    def key_frames(self, run: Run) -> dict[str, Row]:
        """The key frames of a run."""
        return self._rows(KEY_FRAMES, "keyframes", run.name)

    def _backend(self, kind: str, folder: str) -> str | None:
        """The backend of the block that made a folder, where that is known."""
        path = self._folder / kind / folder / blocks.BLOCK_FILE
        try:
            return str(json.loads(path.read_bytes())["backend"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _rows(self, table: Table, kind: str, folder: str, suffix: str = "") -> dict[str, Row]:
        path = self._path(kind, folder, suffix)
        found: dict[str, Row] = self._once((kind, folder, suffix), lambda: stage.by_id(table.read(path), path))
        return found

    def _once(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def _path(self, kind: str, folder: str, suffix: str = "") -> Path:
        return self._folder / kind / folder / f"{self.name}{suffix}.parquet"
