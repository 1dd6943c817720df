"""Stage transcribe: a row an utterance, whatever the recogniser does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.base import Transcript
from kmtalk_align.asr.reference import ReferenceOrHeard
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ArtefactError, ConfigError, KMTalkError, RecognitionError, WeightsError
from kmtalk_align.tables import CORPUS, TRANSCRIPTS
from kmtalk_align.transcribe import transcribe

FIRST, SECOND, THIRD = (Utterance(f"ann_0{n}", "ann", "train", f"wav/ann_0{n}.wav", language="en") for n in (1, 2, 3))


class Scripted:
    """A recogniser that gives, or raises, what a test lays down for each utterance."""

    model = "scripted 1.0"
    listens: ClassVar[bool] = True

    def __init__(self, **lines: str | Transcript | BaseException) -> None:
        self.lines = lines

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        line = self.lines[utterance.utterance_id]
        if isinstance(line, BaseException):
            raise line
        return line if isinstance(line, Transcript) else Transcript(line, "en")


class Listening(Scripted):
    """A recogniser that decodes the recording and says how long it is."""

    def transcribe(self, utterance: Utterance, sound: Callable[[], Samples]) -> Transcript:
        return Transcript(f"{len(sound())} samples", "en")


def run(tmp_path: Path, recogniser: Any, *utterances: Utterance) -> list[dict[str, Any]]:
    shard, output = tmp_path / "shard.parquet", tmp_path / "out" / "shard.parquet"
    CORPUS.write(shard, map(dataclasses.asdict, utterances))
    transcribe(shard, recogniser, tmp_path, output)
    return TRANSCRIPTS.read(output)


def test_a_row_holds_text_words_language_and_model(tmp_path: Path) -> None:
    (row,) = run(tmp_path, Scripted(ann_01=Transcript("Dr. Smith paid $3.", "en")), FIRST)
    assert row == {
        "utterance_id": "ann_01",
        "text": "Dr. Smith paid $3.",
        "words": ["doctor", "smith", "paid", "three", "dollars"],
        "language": "en",
        "status": "ok",
        "message": "",
        "model": "scripted 1.0",
    }


def test_words_are_read_in_the_language_of_the_transcript(tmp_path: Path) -> None:
    (row,) = run(tmp_path, Scripted(ann_01=Transcript("Für 2 Hunde", "de")), FIRST)
    assert row["language"] == "de"
    assert row["words"] == ["für", "zwei", "hunde"]


def test_rows_keep_the_order_of_the_shard(tmp_path: Path) -> None:
    rows = run(tmp_path, Scripted(ann_01="one", ann_02="two", ann_03="three"), THIRD, FIRST, SECOND)
    assert [(row["utterance_id"], row["text"]) for row in rows] == [
        ("ann_03", "three"),
        ("ann_01", "one"),
        ("ann_02", "two"),
    ]


def test_an_utterance_that_failed_earlier_stays_failed_and_is_not_tried(tmp_path: Path) -> None:
    failed = FIRST.failed("ann_01: has no recording")
    first, second = run(tmp_path, Scripted(ann_02="two"), failed, SECOND)  # a try of ann_01 would be a KeyError
    assert (first["status"], first["message"]) == ("failed", "ann_01: has no recording")
    assert (first["text"], first["words"], first["language"]) == (None, [], None)
    assert second["status"] == "ok"


@pytest.mark.parametrize(
    "error",
    [
        RecognitionError("nobody speaks", where="ann_01"),
        ValueError("bad value"),
        RuntimeError("out of memory"),
        OSError(5, "I/O error"),
        AssertionError(),
        MemoryError(),
        StopIteration(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_recogniser_raises_is_one_failed_row(tmp_path: Path, error: Exception) -> None:
    first, second = run(tmp_path, Scripted(ann_01=error, ann_02="two"), FIRST, SECOND)
    assert first["status"] == "failed"
    assert "ann_01" in first["message"]
    assert str(error) in first["message"]
    assert (first["text"], first["words"], first["model"]) == (None, [], "scripted 1.0")
    assert (second["status"], second["text"], second["model"]) == ("ok", "two", "scripted 1.0")


def test_a_stop_by_the_user_is_no_failed_row(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Scripted(ann_01=KeyboardInterrupt(), ann_02="two"), FIRST, SECOND)
    assert not (tmp_path / "out" / "shard.parquet").exists()


@pytest.mark.parametrize("text", ["", "...", "[noise] <unk>"])
def test_a_transcript_without_a_word_is_a_failed_row(tmp_path: Path, text: str) -> None:
    first, _ = run(tmp_path, Scripted(ann_01=text, ann_02="two"), FIRST, SECOND)
    assert first["status"] == "failed"
    assert "ann_01: the transcript holds no word" in first["message"]


def test_a_shard_in_which_all_fail_is_an_error_and_writes_no_table(tmp_path: Path) -> None:
    recogniser = Scripted(ann_01=ValueError("the cause"), ann_02=ValueError("the cause"))
    with pytest.raises(KMTalkError, match=r"all 2 utterances of this shard failed; the first: .*the cause"):
        run(tmp_path, recogniser, FIRST, SECOND)
    assert not (tmp_path / "out" / "shard.parquet").exists()


def test_a_shard_whose_utterances_all_failed_earlier_is_no_error(tmp_path: Path) -> None:
    rows = run(tmp_path, Scripted(), FIRST.failed("gone"), SECOND.failed("gone"))
    assert [(row["status"], row["message"]) for row in rows] == [("failed", "gone")] * 2


def test_an_empty_shard_gives_an_empty_table(tmp_path: Path) -> None:
    assert run(tmp_path, Scripted()) == []


def test_a_recogniser_that_listens_hears_the_recording_below_the_corpus_root(
    tmp_path: Path, write_wav: Callable[..., Path]
) -> None:
    write_wav("wav/ann_01.wav", np.zeros(24_000), 48_000)
    (row,) = run(tmp_path, Listening(), FIRST)
    assert row["text"] == "8000 samples"


def test_a_recording_that_cannot_be_decoded_is_a_failed_row(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    write_wav("wav/ann_01.wav", np.zeros(16_000))
    first, second = run(tmp_path, Listening(), FIRST, SECOND)
    assert first["status"] == "ok"
    assert second["status"] == "failed"
    assert "wav/ann_02.wav: there is no such file" in second["message"]


def test_a_failed_row_does_not_say_where_the_corpus_lies(tmp_path: Path, write_wav: Callable[..., Path]) -> None:
    # Two builds in two folders are equal byte for byte.
    write_wav("wav/ann_01.wav", np.zeros(16_000))
    _, second = run(tmp_path, Listening(), FIRST, SECOND)
    assert str(tmp_path) not in second["message"]


def test_the_reference_recogniser_gives_the_corpus_transcript_and_reads_no_sound(tmp_path: Path) -> None:
    recogniser = recogniser_config({"backend": "reference"}).load()
    given = dataclasses.replace(FIRST, transcript="The cat sat.")
    first, second = run(tmp_path, recogniser, given, SECOND)
    assert (first["text"], first["words"], first["model"]) == ("The cat sat.", ["the", "cat", "sat"], "reference")
    assert second["status"] == "failed"
    assert "ann_02: the corpus has no transcript for it" in second["message"]


def test_a_row_names_who_spoke_where_the_recogniser_speaks_for_several(tmp_path: Path) -> None:
    recogniser = ReferenceOrHeard("scripted", lambda: Scripted(ann_02="two", ann_03=RecognitionError("silent")))
    rows = run(tmp_path, recogniser, dataclasses.replace(FIRST, transcript="one"), SECOND, THIRD)
    assert [row["model"] for row in rows] == ["reference", "scripted 1.0", "reference, otherwise scripted"]
    assert [row["status"] for row in rows] == ["ok", "ok", "failed"]


@pytest.mark.parametrize("kind", [WeightsError, ConfigError])
def test_a_recogniser_that_cannot_be_loaded_is_an_error_and_no_failed_row(
    tmp_path: Path, kind: type[KMTalkError]
) -> None:
    def load() -> Scripted:
        raise kind("can't be had", where="tiny.en")

    with pytest.raises(kind, match=r"tiny\.en: can't be had"):
        run(tmp_path, ReferenceOrHeard("tiny", load), dataclasses.replace(FIRST, transcript="one"), SECOND)
    assert not (tmp_path / "out" / "shard.parquet").exists()


def test_a_missing_shard_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"absent\.parquet: is missing"):
        transcribe(tmp_path / "absent.parquet", Scripted(), tmp_path, tmp_path / "out.parquet")
