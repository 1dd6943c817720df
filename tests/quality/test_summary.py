"""quality/summary.py: how a run came out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.errors import ArtefactError
from kmtalk_align.quality import RunSummary, summarize
from tests.made_results import RUN, shard


def only(results: Path) -> RunSummary:
    (found,) = summarize(results)
    return found


def test_a_run_is_named_and_counted(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a")
    shard(tmp_path, "1", "b", key_frames=(0, 2, 4, 9))
    found = only(tmp_path)
    assert (found.name, found.utterances, found.key_frames) == (RUN, 2, 7)
    assert found.key_ratios == {"a": 0.3, "b": 0.4}
    assert found.key_ratio == pytest.approx(0.35)
    assert dict(found.sources) == {"phoneme": 2}
    assert found.failures == {}


def test_key_frames_per_second_count_speech_but_not_silence(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a")
    found = only(tmp_path)
    assert found.spoken_s == pytest.approx(0.5)
    assert found.key_frames_per_spoken_s == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("reference", "heard", "errors", "words"),
    [
        ("one two three", "one two three", 0, 3),
        ("One, 2 three!", "one two three", 0, 3),
        ("one two three", "one too three", 1, 3),
        ("one two three", "one three", 1, 3),
        ("one two three", "one two and three", 1, 3),
        ("one two three", "", 3, 3),
        (None, "one", 0, 0),
        ("[noise]", "one", 0, 0),
    ],
)
def test_word_errors_are_counted_over_spoken_words(
    tmp_path: Path, reference: str | None, heard: str, errors: int, words: int
) -> None:
    shard(tmp_path, "0", "a", reference=reference, heard=heard)
    found = only(tmp_path)
    assert (found.word_errors, found.reference_words) == (errors, words)
    assert found.word_error_rate == (pytest.approx(errors / words) if words else None)


@pytest.mark.parametrize(("language", "text"), [("fr", "J'ai 3 chats"), ("de", "Ich habe 3 Katzen"), ("xx", "kuwa 3")])
def test_the_reference_is_read_in_its_own_language(tmp_path: Path, language: str, text: str) -> None:
    shard(tmp_path, "0", "a", reference=text, heard=text, language=language)
    assert only(tmp_path).word_errors == 0


def test_unknown_words_are_counted_over_shards(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a", unknown=("blorp", "zig"))
    shard(tmp_path, "1", "b", unknown=("blorp",))
    assert dict(only(tmp_path).unknown_words) == {"blorp": 2, "zig": 1}


def test_a_fallback_has_a_key_ratio_and_a_reason(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a", source="fallback", message="the words do not fit")
    found = only(tmp_path)
    assert dict(found.sources) == {"fallback": 1}
    assert found.failures == {"a": "the words do not fit"}
    assert found.key_ratios == {"a": 0.3}
    assert found.key_frames_per_spoken_s is None


def test_a_failed_utterance_counts_but_has_no_key_ratio(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a", key_frames=(), source=None, status="failed", message="cut off", heard="")
    found = only(tmp_path)
    assert (found.utterances, dict(found.sources)) == (1, {"failed": 1})
    assert found.key_ratios == {}
    assert found.key_ratio == 0.0
    assert found.failures == {"a": "cut off"}


def test_fallbacks_do_not_count_among_key_frames_per_second_of_speech(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a")
    shard(tmp_path, "1", "b", source="fallback", message="the words do not fit")
    assert only(tmp_path).key_frames_per_spoken_s == pytest.approx(6.0)


def test_every_run_is_summarised_in_order(tmp_path: Path) -> None:
    for run in ("asr.aligner.uniform", "asr.aligner.phoneme"):
        shard(tmp_path, "0", "a", run=run)
    assert [found.name for found in summarize(tmp_path)] == ["asr.aligner.phoneme", "asr.aligner.uniform"]


def test_shards_that_the_corpus_no_longer_has_are_not_read(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a")
    shard(tmp_path, "1", "b")
    (tmp_path / "corpus" / "corpus.json").write_text('{"shards": ["0"]}')
    assert only(tmp_path).utterances == 1


def test_a_run_that_is_not_whole_says_how_many_shards_are_missing(tmp_path: Path) -> None:
    shard(tmp_path, "0", "a")
    shard(tmp_path, "1", "b")
    (tmp_path / "keyframes" / RUN / "1.parquet").unlink()
    assert [run.missing_shards for run in summarize(tmp_path)] == [1]


@pytest.mark.parametrize("content", [None, "{half"])
def test_results_without_a_corpus_are_an_error_that_names_the_file(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "corpus").mkdir()
        (tmp_path / "corpus" / "corpus.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"corpus\.json"):
        list(summarize(tmp_path))
