"""How two runs agree: words of two recognisers, boundaries of two alignments, key frames of two runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from kmtalk_align.aligners.base import Alignment, Interval
from kmtalk_align.corpus import OK
from kmtalk_align.quality.pairing import comparable_phone, comparable_word, equal_pairs, word_errors
from kmtalk_align.results import Run, Shard
from kmtalk_align.selectors import uniform_frames
from kmtalk_align.stage import Row, failed_columns, failure

# A boundary in the middle of a phone belongs to it all the same: times are rounded to microseconds.
_EPSILON_S = 1e-6


def matched_frames(first: Sequence[int], second: Sequence[int], tolerance: int = 1) -> int:
    """The most one-to-one matches between two sorted sequences of frames that lie within `tolerance` of each other.

    Two pointers: of two frames too far apart, the earlier can match nothing that is left, and of two that match,
    neither can be put to better use, since whatever comes after lies further from the other.
    """
    i = j = found = 0
    while i < len(first) and j < len(second):
        if abs(first[i] - second[j]) <= tolerance:
            i, j, found = i + 1, j + 1, found + 1
        elif first[i] < second[j]:
            i += 1
        else:
            j += 1
    return found


def key_frame_f1(first: Sequence[int], second: Sequence[int], tolerance: int = 1) -> float:
    """F1 of two sorted sets of key frames, matched one to one within `tolerance` frames; 1.0 where both are empty."""
    total = len(first) + len(second)
    return 2 * matched_frames(first, second, tolerance) / total if total else 1.0


def disagreements(shard: Shard, runs: Sequence[Run]) -> Iterator[Row]:
    """The rows of the table DISAGREEMENT of a shard: each pair of recognisers, of alignments and of runs once."""
    runs = [run for run in runs if shard.has(run)]
    for first, second in combinations(_recognisers(shard, runs), 2):
        yield from _of_transcripts(shard, first, second)
    for first, second in combinations(_alignments(shard, runs), 2):
        yield from _of_alignments(shard, first, second)
    for one, other in combinations(_reference_first(shard, runs), 2):
        yield from _of_key_frames(shard, one, other)


def _reference_first(shard: Shard, runs: Sequence[Run]) -> list[Run]:
    """Runs sorted, those with the corpus' own transcripts before all others: they are the reference."""
    return sorted(runs, key=lambda run: (shard.listens(run.asr), run))


def _recognisers(shard: Shard, runs: Sequence[Run]) -> list[str]:
    return [one for one in dict.fromkeys(run.asr for run in _reference_first(shard, runs)) if shard.transcripts(one)]


def _alignments(shard: Shard, runs: Sequence[Run]) -> list[str]:
    return list(dict.fromkeys(run.aligned for run in _reference_first(shard, runs)))


def _row(level: str, first: str, second: str, utterance_id: str) -> Row:
    blank = dict.fromkeys(("first_count", "second_count", "matched", "word_errors", "f1", "exact_f1", "uniform_f1"))
    named = {"level": level, "first": first, "second": second, "utterance_id": utterance_id}
    lists: Row = {"start_differences_s": [], "end_differences_s": []}
    return named | blank | lists | {"status": OK, "message": ""}


def _of_transcripts(shard: Shard, first: str, second: str) -> Iterator[Row]:
    theirs = shard.transcripts(second)
    for utterance_id, one in shard.transcripts(first).items():
        row = _row("transcripts", first, second, utterance_id)
        other = theirs.get(utterance_id)
        lacking = [name for name, found in ((first, one), (second, other)) if found is None or failure(found)]
        if lacking or other is None:
            yield row | failed_columns(f"no transcript by {' and '.join(lacking)}")
        else:
            counts = {"first_count": len(one["words"]), "second_count": len(other["words"])}
            yield row | counts | {"word_errors": word_errors(one["words"], other["words"])}


def _of_alignments(shard: Shard, first: str, second: str) -> Iterator[Row]:
    ours, theirs = shard.alignments(first), shard.alignments(second)
    for utterance_id in shard.utterances:
        one, other = ours.get(utterance_id), theirs.get(utterance_id)
        lacking = [name for name, found in ((first, one), (second, other)) if found is None]
        levels = {level: _row(level, first, second, utterance_id) for level in ("words", "phones")}
        if one is None or other is None:
            failed = failed_columns(f"no alignment by {' and '.join(lacking)}")
            yield from (row | failed for row in levels.values())
            continue
        words = equal_words(one.words, other.words)
        yield levels["words"] | _differences(one.words, other.words, words)
        phones = _phones_of_equal_words(one, other, words)
        yield levels["phones"] | _differences(one.spoken_phones, other.spoken_phones, phones)


def equal_words(first: Sequence[Interval], second: Sequence[Interval]) -> list[tuple[int, int]]:
    """The places of the words on which two sequences of intervals agree."""
    return equal_pairs([comparable_word(one.label) for one in first], [comparable_word(one.label) for one in second])


def equal_phones(first: Sequence[Interval], second: Sequence[Interval]) -> list[tuple[int, int]]:
    """The places of the phones on which two sequences of intervals agree."""
    return equal_pairs([comparable_phone(one.label) for one in first], [comparable_phone(one.label) for one in second])


def _differences(first: Sequence[Interval], second: Sequence[Interval], equal: list[tuple[int, int]]) -> Row:
    return {
        "first_count": len(first),
        "second_count": len(second),
        "matched": len(equal),
        "start_differences_s": [second[j].start_s - first[i].start_s for i, j in equal],
        "end_differences_s": [second[j].end_s - first[i].end_s for i, j in equal],
    }


def _phones_of_equal_words(
    first: Alignment, second: Alignment, words: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The places, among the spoken phones, of the phones that agree within words that agree."""
    ours, theirs = _spans(first), _spans(second)
    found = []
    for i, j in words:
        mine, other = ours[i], theirs[j]
        found += [
            (mine.start + step, other.start + step_2)
            for step, step_2 in equal_phones(
                first.spoken_phones[mine.start : mine.stop], second.spoken_phones[other.start : other.stop]
            )
        ]
    return found


def _spans(alignment: Alignment) -> list[range]:
    """For each word, the places of its phones among the spoken phones; both are sorted."""
    phones = alignment.spoken_phones
    spans, at = [], 0
    for word in alignment.words:
        while at < len(phones) and phones[at].start_s < word.start_s - _EPSILON_S:
            at += 1
        start = at
        while at < len(phones) and phones[at].end_s <= word.end_s + _EPSILON_S:
            at += 1
        spans.append(range(start, at))
    return spans


def _of_key_frames(shard: Shard, first: Run, second: Run) -> Iterator[Row]:
    theirs = shard.key_frames(second)
    for utterance_id, one in shard.key_frames(first).items():
        other = theirs.get(utterance_id)
        row = _row("key frames", first.name, second.name, utterance_id)
        chosen = {first.name: one, second.name: other}
        lacking = [name for name, found in chosen.items() if found is None or found["source"] in (None, "fallback")]
        if lacking or other is None:
            yield row | failed_columns(f"no key frames but by fallback in {' and '.join(lacking)}")
            continue
        frames, others = one["key_frames"], other["key_frames"]
        yield row | {
            "first_count": len(frames),
            "second_count": len(others),
            "matched": matched_frames(frames, others),
            "f1": key_frame_f1(frames, others),
            "exact_f1": key_frame_f1(frames, others, tolerance=0),
            "uniform_f1": key_frame_f1(frames, uniform_frames(one["n_frames"], len(others))),
        }
