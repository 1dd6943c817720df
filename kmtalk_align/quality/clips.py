"""What is measured of each clip of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kmtalk_align.corpus import OK
from kmtalk_align.quality.pairing import word_errors
from kmtalk_align.results import Run, Shard
from kmtalk_align.stage import Row
from kmtalk_align.text import spoken_words


@dataclass(frozen=True)
class Clip:
    """An utterance in a run. What could not be measured is None.

    failure: why it failed or was not aligned, else empty; lacks_transcript: its run goes by the corpus' own
    transcripts, and there is none; spoken_s: seconds of phones but silence, silence_share: of the recording; score:
    mean log-likelihood a frame; word_errors: against the corpus' own transcript; recogniser_disagreement: the highest
    word error rate between its recogniser and another one that listens.
    """

    run: Run
    utterance_id: str
    subject: str
    split: str
    status: str
    failure: str
    source: str | None
    duration_s: float
    n_frames: int
    lacks_transcript: bool = False
    spoken_s: float | None = None
    words: int | None = None
    score: float | None = None
    unknown_words: tuple[str, ...] = ()
    key_frames: int | None = None
    word_errors: int | None = None
    reference_words: int | None = None
    recogniser_disagreement: float | None = None

    @property
    def silence_share(self) -> float | None:
        """The share of the recording that is not speech."""
        return None if self.spoken_s is None or not self.duration_s else 1 - self.spoken_s / self.duration_s

    @property
    def words_per_spoken_s(self) -> float | None:
        """Words for each second of speech."""
        return self.words / self.spoken_s if self.spoken_s and self.words is not None else None

    @property
    def key_ratio(self) -> float | None:
        """The share of frames that are key frames."""
        return self.key_frames / self.n_frames if self.key_frames is not None and self.n_frames else None

    @property
    def key_frames_per_spoken_s(self) -> float | None:
        """Key frames for each second of speech."""
        return self.key_frames / self.spoken_s if self.spoken_s and self.key_frames is not None else None

    @property
    def word_error_rate(self) -> float | None:
        """Substitutions, deletions and insertions over reference words; None without a reference."""
        return (
            self.word_errors / self.reference_words if self.reference_words and self.word_errors is not None else None
        )

    def row(self) -> Row:
        """Its columns of the table CLIPS, but those that say why a person should look."""
        named = {key: getattr(self, key) for key in _COLUMNS}
        run = {"run": self.run.name, "asr": self.run.asr, "aligner": self.run.aligner, "selector": self.run.selector}
        return run | named | {"unknown_words": list(self.unknown_words)}


_COLUMNS = (
    *("utterance_id", "subject", "split", "status", "failure", "source", "duration_s", "n_frames", "spoken_s"),
    *("silence_share", "words", "words_per_spoken_s", "score", "key_frames", "key_ratio", "key_frames_per_spoken_s"),
    *("word_errors", "reference_words", "word_error_rate", "recogniser_disagreement"),
)


def clips_of(
    shard: Shard, run: Run, recogniser_disagreement: Mapping[tuple[str, str], float] | None = None
) -> Iterator[Clip]:
    """The clips of a run in a shard; recogniser_disagreement by recogniser and utterance id, where it is known."""
    transcripts = shard.transcripts(run.asr)
    aligned = shard.alignments(run.aligned)
    statuses = shard.textgrid_status(run.aligned)
    for utterance_id, keys in shard.key_frames(run).items():
        utterance = shard.utterances.get(utterance_id)
        if utterance is None:  # of a corpus that has changed since; Snakemake makes such a shard again
            continue
        alignment = aligned.get(utterance_id)
        status = statuses.get(utterance_id)
        errors, expected = errors_of(utterance, transcripts.get(utterance_id))
        yield Clip(
            run=run,
            **{key: utterance[key] for key in ("utterance_id", "subject", "split", "duration_s", "n_frames")},
            status=keys["status"],
            failure=keys["message"],
            source=keys["source"],
            lacks_transcript=utterance["transcript"] is None and not shard.heard(run.asr, utterance_id),
            spoken_s=sum(one.end_s - one.start_s for one in alignment.spoken_phones) if alignment else None,
            words=len(alignment.words) if alignment else None,
            score=alignment.score if alignment else None,
            unknown_words=tuple(status["unknown_words"]) if status else (),
            key_frames=len(keys["key_frames"]) if keys["status"] == OK else None,
            word_errors=errors,
            reference_words=expected,
            recogniser_disagreement=(recogniser_disagreement or {}).get((run.asr, utterance_id)),
        )


def errors_of(utterance: Row, transcript: Row | None) -> tuple[int | None, int | None]:
    """Word errors of a transcript against the corpus' own, and the words of that; None where there is no such."""
    expected = spoken_words(utterance["transcript"], utterance["language"]) if utterance["transcript"] else []
    if not expected or transcript is None:
        return None, None
    return word_errors(expected, transcript["words"]), len(expected)
