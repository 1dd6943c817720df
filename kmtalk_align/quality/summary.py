"""How a run came out: failures, where key frames come from, key ratio, word error rate, unknown words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kmtalk_align.corpus import FAILED, OK
from kmtalk_align.errors import ArtefactError
from kmtalk_align.phones import is_silence
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TEXTGRID_STATUS, TRANSCRIPTS, Table
from kmtalk_align.text import spoken_words


@dataclass
class RunSummary:
    """Counts of one run, ``<asr>.<aligner>.<selector>``.

    key_ratios: the share of frames that are key frames, by utterance id; word_errors, reference_words: of the
    utterances that have a transcript in the corpus; spoken_s: seconds of phones but silence.
    """

    name: str
    missing_shards: int = 0
    utterances: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    key_ratios: dict[str, float] = field(default_factory=dict)
    key_frames: int = 0
    spoken_s: float = 0.0
    word_errors: int = 0
    reference_words: int = 0
    unknown_words: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def key_ratio(self) -> float:
        """The mean key ratio over utterances."""
        return sum(self.key_ratios.values()) / len(self.key_ratios) if self.key_ratios else 0.0

    @property
    def key_frames_per_spoken_s(self) -> float | None:
        """Key frames for each second of speech; None where nothing was aligned."""
        return self.key_frames / self.spoken_s if self.spoken_s else None

    @property
    def word_error_rate(self) -> float | None:
        """Substitutions, deletions and insertions over reference words; None without a reference."""
        return self.word_errors / self.reference_words if self.reference_words else None


def summarize(results: Path) -> Iterator[RunSummary]:
    """A summary of every run under ``results/<corpus>``. Raises ArtefactError where there is no corpus.

    Only shards that the corpus has now are read, whatever else lies there; those that are missing are counted.
    """
    shards: list[str] = _corpus(results)["shards"]
    for folder in sorted((results / "keyframes").glob("*.*.*")):
        aligned = folder.name.rpartition(".")[0]
        made = [
            shard
            for shard in shards
            if (folder / f"{shard}.parquet").is_file()
            and (results / "alignments" / aligned / f"{shard}.parquet").is_file()
            and (results / "textgrids" / aligned / f"{shard}.status.parquet").is_file()
        ]
        run = _run(results, folder.name, made)
        run.missing_shards = len(shards) - len(made)
        yield run


def _corpus(results: Path) -> dict[str, Any]:
    path = results / "corpus" / "corpus.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot be read ({error})", where=path, fix="run snakemake first") from error
    return found


def _run(results: Path, name: str, shards: list[str]) -> RunSummary:
    asr, aligner, _ = name.split(".")
    run = RunSummary(name)

    def rows(table: Table, *place: str) -> Iterator[dict[str, Any]]:
        for shard in shards:
            yield from table.read(results.joinpath(*place[:-1], place[-1].format(shard=shard)))

    references = {
        row["utterance_id"]: (row["transcript"], row["language"]) for row in rows(CORPUS, "corpus", "{shard}.parquet")
    }
    for shard in shards:
        path = results / "transcripts" / asr / f"{shard}.parquet"
        for row in TRANSCRIPTS.read(path) if path.is_file() else []:  # the user's own TextGrids need none
            _count_word_errors(run, *references[row["utterance_id"]], row["words"])
    for row in rows(TEXTGRID_STATUS, "textgrids", f"{asr}.{aligner}", "{shard}.status.parquet"):
        run.unknown_words.update(row["unknown_words"])
    for row in rows(ALIGNMENTS, "alignments", f"{asr}.{aligner}", "{shard}.parquet"):
        if row["tier"] == "phones" and not is_silence(row["label"]):
            run.spoken_s += row["end_s"] - row["start_s"]
    for row in rows(KEY_FRAMES, "keyframes", name, "{shard}.parquet"):
        _count_key_frames(run, row)
    return run


def _count_word_errors(run: RunSummary, reference: str | None, language: str | None, words: list[str]) -> None:
    expected = spoken_words(reference, language) if reference else []
    if not expected:
        return
    import jiwer

    run.reference_words += len(expected)
    if not words:
        run.word_errors += len(expected)
        return
    found = jiwer.process_words(" ".join(expected), " ".join(words))
    run.word_errors += found.substitutions + found.deletions + found.insertions


def _count_key_frames(run: RunSummary, row: dict[str, Any]) -> None:
    run.utterances += 1
    if row["status"] == OK:
        run.sources[row["source"]] += 1
        run.key_ratios[row["utterance_id"]] = len(row["key_frames"]) / row["n_frames"]
        run.key_frames += len(row["key_frames"])
    else:
        run.sources[FAILED] += 1
    if row["message"]:
        run.failures[row["utterance_id"]] = row["message"]
