"""Training: utterances and their words -> a model's file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from kmtalk_align.aligners.base import Spoken
from kmtalk_align.aligners.speech_folder import place_of
from kmtalk_align.aligners.viter import program
from kmtalk_align.aligners.viter.config import ViterConfig
from kmtalk_align.aligners.viter.lexicon import write_lexicon
from kmtalk_align.aligners.viter.speech import write_utterance
from kmtalk_align.audio import Samples
from kmtalk_align.errors import AlignmentError, KMTalkError
from kmtalk_align.files import new_file
from kmtalk_align.phones import without_position
from kmtalk_align.voice_activity import speech_span

# With less, phones have too few examples to tell them apart, and viter may not end at all.
LEAST_UTTERANCES = 5
LEAST_S = 10.0
# The detector hears the beginning of speech late, by 0.12 s in GRID, and its end in time. More silence, or less, and
# training spreads words into the silence or gives their first phones to it: measured in docs/viter.md.
_BEFORE_S, _AFTER_S = 0.25, 0.05
_NOT_ALIGNED = re.compile(r"failed +(\d+)")


@dataclass(frozen=True)
class Trained:
    """What a model was trained on. left_out: the reason by utterance; not_aligned: how many the last step lost."""

    utterances: int
    seconds: float
    left_out: dict[str, str]
    guessed_words: tuple[str, ...]
    unknown_words: tuple[str, ...]
    not_aligned: int
    phones: tuple[str, ...]


def train(spoken: Sequence[Spoken], config: ViterConfig, model: Path, threads: int) -> Trained:
    """Train a model on utterances, which takes the place of the file `model` once it is whole.

    The same utterances give a model that aligns the same, to the byte, whatever the number of threads; its own bytes
    differ, since viter writes two tables in the order of a hash. Speaker adaptation is left out, and each
    utterance, without the silence around it, is normalised by itself, since it is also aligned by itself.
    Raises KMTalkError where there is too little speech, ConfigError where the dictionary can't be read or viter is not
    installed.
    """
    program.check_installed()
    lexicon = config.lexicon()
    with tempfile.TemporaryDirectory(prefix="kmtalk-viter-") as temporary:
        work = Path(temporary).resolve()
        (work / "corpus").mkdir()
        left_out: dict[str, str] = {}
        words: set[str] = set()
        count, seconds = 0, 0.0
        for stem, one in zip(place_of(spoken, by_subject=False), spoken, strict=True):
            try:
                if not any(lexicon.pronounce(word) for word in one.words):
                    raise AlignmentError("none of its words can be pronounced", where=one.utterance.utterance_id)
                placed = write_utterance(work / "corpus", stem, _cut(one), config.speaks)
            except Exception as error:  # of one recording; the rest of the corpus is unharmed
                left_out[one.utterance.utterance_id] = str(error)
                continue
            words.update(one.words)
            count, seconds = count + 1, seconds + placed.duration_s
        _check_amount(count, seconds, left_out)
        found = {word: lexicon.pronounce(word) for word in words}
        write_lexicon(work / "words.dict", {word: variants for word, variants in found.items() if variants})
        with new_file(model) as path:
            stages = "--no-sat" if config.train is not None and config.train.triphones else "--no-tri"
            options = ["--dict", str(work / "words.dict"), stages, "--cpu", "--out", str(path)]
            ended = program.call(["train", str(work / "corpus"), *options], inf, threads)
            if ended.status != 0:
                raise KMTalkError(
                    program.reason(ended).replace(str(work), "..."),
                    where="train-aligner",
                    fix="are recordings and transcripts of one another, and is there more speech?",
                )
            phones = program.phones_of(path)
    not_aligned = _NOT_ALIGNED.findall(ended.output)
    return Trained(
        count,
        seconds,
        left_out,
        tuple(sorted(word for word in words if lexicon.is_guess(word))),
        tuple(sorted(word for word, variants in found.items() if not variants)),
        int(not_aligned[-1]) if not_aligned else 0,
        tuple(dict.fromkeys(map(without_position, phones))),
    )


def _cut(spoken: Spoken) -> Spoken:
    """The utterance without the silence around it.

    Training begins with words spread evenly over the recording. Where a second of silence comes before them, as in
    GRID, it never finds the words: measured in docs/viter.md.
    """

    def sound() -> Samples:
        samples = spoken.sound()
        span = speech_span(samples, _BEFORE_S, _AFTER_S)
        return samples if span is None else span.of(samples)

    return replace(spoken, sound=sound)


def _check_amount(count: int, seconds: float, left_out: dict[str, str]) -> None:
    if count >= LEAST_UTTERANCES and seconds >= LEAST_S:
        return
    first = f"; {len(left_out)} were left out, the first: {next(iter(left_out.values()))}" if left_out else ""
    raise KMTalkError(
        f"{count} utterances, {seconds:.1f} s in all, are too little speech to train an aligner on{first}",
        where="train-aligner",
        fix=f"give it {LEAST_UTTERANCES} and {LEAST_S:g} s at the least, and half an hour for good alignments",
    )
