from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kmtalk_align.align import align
from kmtalk_align.aligners.base import Aligned, Alignment, Interval, OneByOne
from kmtalk_align.audio import Samples
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError, ArtefactError, KMTalkError
from kmtalk_align.files import encode_id
from kmtalk_align.tables import CORPUS, TEXTGRID_STATUS, TRANSCRIPTS
from kmtalk_align.textgrid import read_textgrid


class MadeUp(OneByOne):
    """Gives every word half a second; knows no word that begins with z, and refuses the word `no`."""

    def __init__(self, *, needs_words: bool = True) -> None:
        self.needs_words = needs_words
        self.languages: list[str | None] = []

    def align(self, utterance: Utterance, words: Sequence[str], sound: Callable[[], Samples]) -> Aligned:
        self.languages.append(utterance.language)
        if "no" in words:
            raise AlignmentError("refused", where=utterance.utterance_id)
        if "crash" in words:
            raise RuntimeError("the engine broke")
        spans = tuple(Interval(place / 2, place / 2 + 0.5, word) for place, word in enumerate(words or ["a"]))
        phones = tuple(dataclasses.replace(span, label="AH", score=-5.0) for span in spans)
        unknown = tuple(word for word in words if word.startswith("z"))
        return Aligned(Alignment(spans, phones, len(spans) / 2), unknown)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, dict[str, Any]]]:
    """Aligns a shard of utterances given as id -> words, or None for a failed transcript; gives the status rows."""

    def aligned(said: dict[str, list[str] | None], aligner: MadeUp | None = None) -> dict[str, dict[str, Any]]:
        utterances = [Utterance(one, "s", "train", f"wav/{one}.wav", duration_s=9.0, language="en") for one in said]
        CORPUS.write(tmp_path / "shard.parquet", map(dataclasses.asdict, utterances))
        rows = [
            {
                "utterance_id": one,
                "text": None if words is None else " ".join(words),
                "words": words or [],
                "language": "en",
                "status": "failed" if words is None else "ok",
                "message": f"{one}: nothing heard" if words is None else "",
                "model": "made up",
            }
            for one, words in said.items()
        ]
        TRANSCRIPTS.write(tmp_path / "said.parquet", rows)
        align(
            tmp_path / "shard.parquet",
            tmp_path / "said.parquet",
            aligner or MadeUp(),
            tmp_path,
            tmp_path / "grids",
            tmp_path / "status.parquet",
        )
        return {row["utterance_id"]: row for row in TEXTGRID_STATUS.read(tmp_path / "status.parquet")}

    return aligned


def test_each_utterance_gets_a_textgrid_under_its_encoded_id(run: Callable[..., Any], tmp_path: Path) -> None:
    run({"one": ["hello"], "ein Satz.1/2": ["good", "day"]})
    assert {path.name for path in (tmp_path / "grids").iterdir()} == {
        "one.TextGrid",
        f"{encode_id('ein Satz.1/2')}.TextGrid",
    }
    again = read_textgrid(tmp_path / "grids" / f"{encode_id('ein Satz.1/2')}.TextGrid")
    assert [word.label for word in again.words] == ["good", "day"]
    assert [phone.score for phone in again.phones] == [-5.0, -5.0]


def test_unknown_words_and_the_score_are_in_the_table(run: Callable[..., Any]) -> None:
    rows = run({"one": ["zig", "a", "zag"]})
    assert rows["one"]["unknown_words"] == ["zig", "zag"]
    assert rows["one"]["score"] == pytest.approx(-5.0)


@pytest.mark.parametrize(
    ("words", "message"), [(["no"], "one: refused"), (["crash"], "one: RuntimeError: the engine broke")]
)
def test_a_failure_is_a_row_and_leaves_the_rest_unharmed(
    run: Callable[..., Any], tmp_path: Path, words: list[str], message: str
) -> None:
    rows = run({"one": words, "two": ["fine"]})
    assert (rows["one"]["status"], rows["one"]["message"]) == ("failed", message)
    assert rows["two"]["status"] == "ok"
    assert [path.name for path in (tmp_path / "grids").iterdir()] == ["two.TextGrid"]


def test_a_failed_transcript_keeps_its_message(run: Callable[..., Any]) -> None:
    rows = run({"one": None, "two": ["fine"]})
    assert rows["one"]["message"] == "one: nothing heard"


def test_an_aligner_that_needs_no_words_is_asked_in_spite_of_a_failed_transcript(run: Callable[..., Any]) -> None:
    assert run({"one": None}, MadeUp(needs_words=False))["one"]["status"] == "ok"


def test_where_all_fail_nothing_is_written(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(KMTalkError, match=r"all 2 utterances of this shard failed; the first: one: refused"):
        run({"one": ["no"], "two": ["no"]})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said.parquet", "shard.parquet"]


def test_a_table_of_transcripts_that_lacks_an_utterance_is_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    run({"one": ["a"]})
    TRANSCRIPTS.write(tmp_path / "said.parquet", [])
    with pytest.raises(ArtefactError, match="has no row for one"):
        align(
            tmp_path / "shard.parquet",
            tmp_path / "said.parquet",
            MadeUp(),
            tmp_path,
            tmp_path / "grids",
            tmp_path / "status.parquet",
        )


def test_words_without_a_table_of_transcripts_are_refused(run: Callable[..., Any], tmp_path: Path) -> None:
    run({"one": ["a"]})
    with pytest.raises(ArtefactError, match="no table of transcripts"):
        align(tmp_path / "shard.parquet", None, MadeUp(), tmp_path, tmp_path / "grids", tmp_path / "status.parquet")
