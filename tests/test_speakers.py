"""Alignment by speaker: grouped, aligned, and dealt out to the shards again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Aligned, Alignment, Interval, Spoken
from kmtalk_align.corpus import Utterance
from kmtalk_align.dag import speakers_of_shard
from kmtalk_align.errors import AlignmentError, ArtefactError, ConfigError, KMTalkError
from kmtalk_align.shards import shard_name, shard_names, shard_of
from kmtalk_align.speakers import align_speaker, gather, group, speaker_key
from kmtalk_align.tables import CORPUS, SPEAKERS, TEXTGRID_STATUS, TRANSCRIPTS
from kmtalk_align.textgrid import read_textgrid

SHARDS = shard_names(2)
SAID = {"ann_1": "good day", "ann_2": "no", "ann_3": "zig", "ben_1": "well", "b.en c_1": "fine"}


class Whole:
    """An aligner of sets: half a second a word; refuses the word `no`, and cannot work at all where someone says so."""

    needs_words = True

    def __init__(self) -> None:
        self.sets: list[list[str]] = []

    def align_set(self, spoken: Sequence[Spoken]) -> Iterator[Aligned | Exception]:
        self.sets.append([one.utterance.utterance_id for one in spoken])
        if any("impossible" in one.words for one in spoken):
            raise ConfigError("cannot work")
        return iter([self._one(one) for one in spoken])

    def _one(self, spoken: Spoken) -> Aligned | Exception:
        if "no" in spoken.words:
            return AlignmentError("refused", where=spoken.utterance.utterance_id)
        spans = tuple(Interval(n / 2, n / 2 + 0.5, word) for n, word in enumerate(spoken.words))
        phones = tuple(dataclasses.replace(span, label="AH") for span in spans)
        return Aligned(Alignment(spans, phones, len(spans) / 2), tuple(w for w in spoken.words if w.startswith("z")))


def subject_of(utterance_id: str) -> str:
    return utterance_id.rpartition("_")[0]


def write_corpus(folder: Path, said: dict[str, str | None], failed: Sequence[str] = ()) -> None:
    """Tables of corpus/ and transcripts/ in two shards; None is a failed transcript, `failed` a failed recording."""
    for name in SHARDS:
        ids = [one for one in said if shard_name(shard_of(one, len(SHARDS)), len(SHARDS)) == name]
        utterances = [Utterance(one, subject_of(one), "train", f"wav/{one}.wav", duration_s=9.0) for one in ids]
        utterances = [one.failed("broken") if one.utterance_id in failed else one for one in utterances]
        CORPUS.write(folder / "corpus" / f"{name}.parquet", map(dataclasses.asdict, utterances))
        rows = [
            {
                "utterance_id": one,
                "text": said[one],
                "words": (said[one] or "").split(),
                "language": "en",
                "status": "failed" if said[one] is None else "ok",
                "message": f"{one}: nothing heard" if said[one] is None else "",
                "model": "made up",
            }
            for one in ids
        ]
        TRANSCRIPTS.write(folder / "transcripts" / f"{name}.parquet", rows)


def group_in(folder: Path) -> Path:
    group(folder / "corpus", folder / "transcripts", SHARDS, folder / "speakers")
    return folder / "speakers"


def align_all(folder: Path, aligner: Whole) -> None:
    for table in sorted((folder / "speakers").glob("*.parquet")):
        made = folder / "aligned"
        output, status = made / "textgrids" / table.stem, made / "status" / table.name
        align_speaker(table, aligner, folder, output, status)


def gather_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Gather every shard; gives the status rows of all."""
    rows = []
    for name in SHARDS:
        tables = [folder / part / f"{name}.parquet" for part in ("corpus", "transcripts")]
        gather(*tables, folder / "aligned", folder / "textgrids" / name, folder / "textgrids" / f"{name}.parquet")
        rows += TEXTGRID_STATUS.read(folder / "textgrids" / f"{name}.parquet")
    return {row["utterance_id"]: row for row in rows}


def test_each_subject_has_a_table_and_each_shard_a_list(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    speakers = group_in(tmp_path)
    assert sorted(path.name for path in speakers.glob("*.parquet")) == [
        "ann.parquet",
        "b%2Een%20c.parquet",
        "ben.parquet",
    ]
    rows = SPEAKERS.read(speakers / "ann.parquet")
    assert [(row["utterance_id"], row["words"], row["language"]) for row in rows] == [
        ("ann_1", ["good", "day"], "en"),
        ("ann_2", ["no"], "en"),
        ("ann_3", ["zig"], "en"),
    ]
    for name in SHARDS:
        of_shard = {one for one in SAID if shard_name(shard_of(one, 2), 2) == name}
        assert speakers_of_shard(speakers, name) == sorted({speaker_key(subject_of(one)) for one in of_shard})


def test_a_change_touches_the_table_of_its_speaker_alone(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    speakers = group_in(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in speakers.glob("*.parquet")}
    write_corpus(tmp_path, SAID | {"ben_1": "well well"})
    group_in(tmp_path)
    after = {path.name: path.stat().st_mtime_ns for path in speakers.glob("*.parquet")}
    assert [name for name in before if before[name] != after[name]] == ["ben.parquet"]


def test_the_number_of_shards_changes_no_speaker(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    before = {path.name: path.read_bytes() for path in group_in(tmp_path).glob("*.parquet")}
    (one,) = shard_names(1)
    for part, table in (("corpus", CORPUS), ("transcripts", TRANSCRIPTS)):
        rows = [row for name in SHARDS for row in table.read(tmp_path / part / f"{name}.parquet")]
        table.write(tmp_path / part / f"{one}.parquet", rows)
    group(tmp_path / "corpus", tmp_path / "transcripts", [one], tmp_path / "speakers")
    assert {path.name: path.read_bytes() for path in (tmp_path / "speakers").glob("*.parquet")} == before


def test_a_speaker_who_is_gone_loses_the_table(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    group_in(tmp_path)
    write_corpus(tmp_path, {"ann_1": "good day", "ben_1": None})
    speakers = group_in(tmp_path)
    assert [path.name for path in speakers.glob("*.parquet")] == ["ann.parquet"]
    assert all("ben" not in one for one in json.loads((speakers / "speakers.json").read_text()).values())


def test_utterances_that_failed_before_are_not_aligned_and_keep_their_message(tmp_path: Path) -> None:
    write_corpus(tmp_path, SAID | {"ann_4": None, "ann_5": "lost"}, failed=["ann_5"])
    group_in(tmp_path)
    aligner = Whole()
    align_all(tmp_path, aligner)
    assert aligner.sets == [["ann_1", "ann_2", "ann_3"], ["b.en c_1"], ["ben_1"]]
    rows = gather_in(tmp_path)
    assert rows["ann_4"]["message"] == "ann_4: nothing heard"
    assert rows["ann_5"]["message"] == "broken"
    assert sorted(rows) == sorted([*SAID, "ann_4", "ann_5"])


def test_what_is_gathered_is_what_was_aligned(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    group_in(tmp_path)
    align_all(tmp_path, Whole())
    rows = gather_in(tmp_path)
    assert {one: row["status"] for one, row in rows.items()} == dict.fromkeys(SAID, "ok") | {"ann_2": "failed"}
    assert rows["ann_2"]["message"] == "ann_2: refused"
    assert rows["ann_3"]["unknown_words"] == ["zig"]
    grids = {path.name: path for path in (tmp_path / "textgrids").rglob("*.TextGrid")}
    assert sorted(grids) == ["ann_1.TextGrid", "ann_3.TextGrid", "b.en%20c_1.TextGrid", "ben_1.TextGrid"]
    assert [one.label for one in read_textgrid(grids["ann_1.TextGrid"]).words] == ["good", "day"]


def test_a_speaker_all_of_whose_utterances_fail_is_rows_and_a_shard_is_an_error(tmp_path: Path) -> None:
    write_corpus(tmp_path, {"ann_1": "no", "ann_2": "no", "ann_3": "no", "ben_1": "well"})
    group_in(tmp_path)
    align_all(tmp_path, Whole())
    status = TEXTGRID_STATUS.read(tmp_path / "aligned" / "status" / "ann.parquet")
    assert {row["message"] for row in status} == {"ann_1: refused", "ann_2: refused", "ann_3: refused"}
    alone = next(name for name in SHARDS if name != shard_name(shard_of("ben_1", 2), 2))
    tables = [tmp_path / part / f"{alone}.parquet" for part in ("corpus", "transcripts")]
    with pytest.raises(KMTalkError, match=r"all \d utterances of this shard failed; the first: ann_\d: refused"):
        gather(*tables, tmp_path / "aligned", tmp_path / "out", tmp_path / "status.parquet")
    assert not (tmp_path / "out").exists()


def test_an_aligner_that_cannot_work_ends_the_job_and_writes_nothing(tmp_path: Path) -> None:
    write_corpus(tmp_path, {"ann_1": "impossible"})
    group_in(tmp_path)
    with pytest.raises(ConfigError, match="cannot work"):
        align_all(tmp_path, Whole())
    assert not (tmp_path / "aligned").exists()


def test_a_speakers_table_that_lacks_an_utterance_is_an_error(tmp_path: Path) -> None:
    write_corpus(tmp_path, dict(SAID))
    group_in(tmp_path)
    align_all(tmp_path, Whole())
    TEXTGRID_STATUS.write(tmp_path / "aligned" / "status" / "ben.parquet", [])
    with pytest.raises(ArtefactError, match=r"ben\.parquet: has no row for ben_1"):
        gather_in(tmp_path)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_speakers_key_is_one_part_of_a_path_and_names_no_other_speaker(first: str, second: str) -> None:
    keys = {speaker_key(first), speaker_key(second)}
    assert len(keys) == len({first, second})
    for key in keys:
        assert key
        assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~%-")
