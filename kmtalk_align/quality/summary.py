"""How a run came out: failures, where key frames come from, key ratio, word error rate, unknown words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from kmtalk_align.corpus import FAILED
from kmtalk_align.quality.clips import Clip, clips_of
from kmtalk_align.results import Results, Shard


@dataclass
class RunSummary:
    """Counts of one run, ``<asr>.<aligner>.<selector>``.

    key_ratios: the share of frames that are key frames, by utterance id; spoken_s: seconds of phones but silence, and
    spoken_key_frames: the key frames of clips that have such; word_errors, reference_words: of the utterances that have
    a transcript in the corpus.
    """

    name: str
    missing_shards: int = 0
    utterances: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    key_ratios: dict[str, float] = field(default_factory=dict)
    key_frames: int = 0
    spoken_key_frames: int = 0
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
        return self.spoken_key_frames / self.spoken_s if self.spoken_s else None

    @property
    def word_error_rate(self) -> float | None:
        """Substitutions, deletions and insertions over reference words; None without a reference."""
        return self.word_errors / self.reference_words if self.reference_words else None

    def add(self, clip: Clip) -> None:
        """Count a clip."""
        self.utterances += 1
        self.sources[clip.source or FAILED] += 1
        self.unknown_words.update(clip.unknown_words)
        self.word_errors += clip.word_errors or 0
        self.reference_words += clip.reference_words or 0
        self.key_frames += clip.key_frames or 0
        if clip.key_ratio is not None:
            self.key_ratios[clip.utterance_id] = clip.key_ratio
        if clip.spoken_s is not None:
            self.spoken_s += clip.spoken_s
            self.spoken_key_frames += clip.key_frames or 0
        if clip.failure:
            self.failures[clip.utterance_id] = clip.failure


def summarize(folder: Path) -> list[RunSummary]:
    """A summary of every run under ``results/<corpus>``. Raises ArtefactError where there is no corpus.

    Only shards that the corpus has now are read, whatever else lies there; those that are missing are counted.
    """
    results = Results.open(folder)
    runs = results.runs()
    found = {run: RunSummary(run.name, missing_shards=len(results.missing_shards(run))) for run in runs}
    for shard in (Shard(results, name) for name in results.shards):
        for run in runs:
            if shard.has(run):
                for clip in clips_of(shard, run):
                    found[run].add(clip)
    return list(found.values())
