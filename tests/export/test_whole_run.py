"""A run is opened whole, or an error names what is missing and which runs there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_align.export.whole_run import open_run
from kmtalk_align.shards import shard_names
from kmtalk_align.tables import CORPUS, KEY_FRAMES
from tests.built_run import PHONES, RUN, SHARDS, WORDS, build_run

IDS = ("ann_sentence01", "ann_sentence02", "ann_sentence03", "ben_sentence01", "ben_sentence02")
FIRST = shard_names(SHARDS)[0]


@pytest.fixture
def results(build_corpus: Callable[..., Path], tmp_path: Path) -> Path:
    return build_run(tmp_path, build_corpus(*IDS), unaligned=IDS[1:2])


def test_each_utterance_comes_with_what_the_run_made_of_it(results: Path) -> None:
    run = open_run(results, RUN)
    found = {one.utterance.utterance_id: one for one in run.made()}
    assert sorted(found) == list(IDS)
    assert {one.failure for one in found.values()} == {None}
    assert {one.transcript["text"] for one in found.values() if one.transcript} == {"the cat sat"}
    assert found[IDS[1]].alignment is None
    assert found[IDS[1]].key_frames["source"] == "fallback"
    alignment = found[IDS[0]].alignment
    assert alignment is not None
    assert [one for one in alignment.words if one.label] == list(WORDS)
    assert [one for one in alignment.phones if one.label] == list(PHONES)
    assert set(run.templates()) == {"ann", "ben"}


def test_a_run_that_is_not_there_is_an_error_that_lists_those_that_are(results: Path) -> None:
    (results / "keyframes" / "a.b.c").mkdir()
    with pytest.raises(ConfigError, match=rf"there is no run 'x'; choose from: a\.b\.c, {RUN}"):
        open_run(results, "x")


def test_a_folder_that_holds_no_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"corpus\.json: cannot be read"):
        open_run(tmp_path, RUN)


@pytest.mark.parametrize("content", ["[]", "{}"])
def test_a_corpus_json_that_is_none_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "corpus.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"corpus\.json: cannot be read"):
        open_run(tmp_path, RUN)


@pytest.mark.parametrize("content", ['{"shards": []}'])
def test_a_corpus_json_of_another_kind_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "corpus.json").write_text(content)
    with pytest.raises(ArtefactError, match=r"corpus\.json: does not say faces, fps, .*; prepare the corpus again"):
        open_run(tmp_path, RUN)


@pytest.mark.parametrize("table", ["corpus", "transcripts/reference", "alignments/reference.own", f"keyframes/{RUN}"])
def test_a_missing_table_is_an_error_that_names_it_and_the_runs(results: Path, table: str) -> None:
    (results / table / f"{FIRST}.parquet").unlink()
    with pytest.raises(
        ArtefactError,
        match=rf"the run {RUN} lacks {table}/{FIRST}\.parquet; run snakemake again, or take another run: {RUN}",
    ):
        open_run(results, RUN)


def test_a_run_over_own_textgrids_needs_no_transcripts(results: Path) -> None:
    for path in (results / "transcripts" / "reference").iterdir():
        path.unlink()
    run = open_run(results, RUN)
    assert {one.transcript for one in run.made()} == {None}


@pytest.mark.parametrize("change", [{"n_frames": 11}, {"fps": 30.0}, {"utterance_id": "other"}])
def test_key_frames_of_another_corpus_are_refused(results: Path, change: dict[str, object]) -> None:
    path = results / "keyframes" / RUN / f"{FIRST}.parquet"
    first, *rest = KEY_FRAMES.read(path)
    KEY_FRAMES.write(path, [first | change, *rest])
    with pytest.raises(ArtefactError, match=rf"do not fit the corpus: see {first['utterance_id']}; run snakemake"):
        list(open_run(results, RUN).made())


def test_a_failure_names_its_step(results: Path) -> None:
    folder = results / "corpus" / f"{FIRST}.parquet"
    first, *rest = CORPUS.read(folder)
    CORPUS.write(folder, [first | {"status": "failed", "message": "no sound"}, *rest])
    assert next(open_run(results, RUN).made()).failure == ("prepare", "no sound")
    path = results / "keyframes" / RUN / f"{FIRST}.parquet"
    KEY_FRAMES.write(path, [row | {"status": "failed", "message": "no frames"} for row in KEY_FRAMES.read(path)])
    later = [one.failure for one in open_run(results, RUN).made()][1 : len(rest) + 1]
    assert later == [("keyframes", "no frames")] * len(rest)


def test_templates_that_are_gone_are_an_error(results: Path) -> None:
    (results / "corpus" / "templates.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"templates\.safetensors: cannot be read"):
        open_run(results, RUN).templates()
