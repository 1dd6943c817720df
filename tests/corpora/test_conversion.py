"""conversion.py: bringing a corpus of another layout into the folder layout, utterance by utterance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from kmtalk_align.corpora import conversion_of, corpus_config
from kmtalk_align.corpora.conversion import CONVERTED_FILE, check_converted, convert_all, read_problems
from kmtalk_align.errors import ArtefactError, ConfigError, CorpusError
from kmtalk_align.files import write_bytes


class Letters:
    """A corpus whose utterances are texts: one that reads "bad" can't be used."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.converted: list[str] = []

    def utterance_ids(self) -> Sequence[str]:
        return list(self.texts)

    def source(self, utterance_id: str) -> str:
        return self.texts[utterance_id]

    def convert(self, utterance_id: str, folder: Path) -> None:
        self.converted.append(utterance_id)
        text = self.texts[utterance_id]
        if text == "bad":
            raise CorpusError("can't be used", where=utterance_id)
        if text == "full":
            raise OSError("no space left")
        if text == "unwritable":
            raise ArtefactError("cannot be written")
        if text == "config":
            raise ConfigError("the program is missing")
        write_bytes(folder / "transcripts" / f"{utterance_id}.txt", text.encode())

    def finish(self, folder: Path) -> None:
        write_bytes(folder / "shared.txt", b"shared")


def transcripts(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in (folder / "transcripts").glob("*.txt")}


@pytest.mark.parametrize("threads", [1, 3])
def test_what_can_be_used_is_converted_and_the_rest_is_named(tmp_path: Path, threads: int) -> None:
    problems = convert_all(Letters({"a_1": "one", "b_2": "bad", "c_3": "three"}), tmp_path, threads=threads)
    assert problems == {"b_2": "b_2: can't be used"} == read_problems(tmp_path)
    assert transcripts(tmp_path) == {"a_1": "one", "c_3": "three"}
    assert (tmp_path / "shared.txt").is_file()
    check_converted(tmp_path)
    assert json.loads((tmp_path / CONVERTED_FILE).read_bytes()) == {"utterances": 3, "problems": 1}


def test_only_what_has_changed_is_converted_again(tmp_path: Path) -> None:
    convert_all(Letters({"a_1": "one", "c_3": "three"}), tmp_path, threads=1)
    again = Letters({"a_1": "one", "c_3": "changed"})
    assert convert_all(again, tmp_path, threads=1) == {}
    assert again.converted == ["c_3"]
    assert transcripts(tmp_path) == {"a_1": "one", "c_3": "changed"}


def test_what_failed_is_tried_again_though_its_source_is_the_same(tmp_path: Path) -> None:
    class OutOfMemory(Letters):
        def convert(self, utterance_id: str, folder: Path) -> None:
            if utterance_id == "b_2":
                raise CorpusError("the program ended by signal 9", where=utterance_id)
            super().convert(utterance_id, folder)

    texts = {"a_1": "one", "b_2": "two"}
    assert list(convert_all(OutOfMemory(texts), tmp_path, threads=1)) == ["b_2"]
    again = Letters(texts)
    assert convert_all(again, tmp_path, threads=1) == {} == read_problems(tmp_path)
    assert again.converted == ["b_2"]


def test_what_is_no_more_is_taken_away(tmp_path: Path) -> None:
    convert_all(Letters({"a_1": "one", "é b_2": "two", "c_3": "three"}), tmp_path, threads=1)
    convert_all(Letters({"c_3": "three"}), tmp_path, threads=1)
    assert transcripts(tmp_path) == {"c_3": "three"}
    assert [path.name for path in (tmp_path / ".converted").iterdir()] == ["c_3.json"]


@pytest.mark.parametrize(("text", "error"), [("full", OSError), ("config", ConfigError), ("unwritable", ArtefactError)])
def test_a_conversion_that_breaks_off_leaves_no_mark_and_goes_on(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    convert_all(Letters({"a_1": "one"}), tmp_path, threads=1)
    with pytest.raises(error):
        convert_all(Letters({"a_1": "one", "b_2": text}), tmp_path, threads=1)
    with pytest.raises(CorpusError, match="has not been converted"):
        check_converted(tmp_path)
    mended = Letters({"a_1": "one", "b_2": "two"})
    assert convert_all(mended, tmp_path, threads=1) == {}
    assert mended.converted == ["b_2"]


def test_a_note_that_was_damaged_counts_as_none(tmp_path: Path) -> None:
    convert_all(Letters({"a_1": "one"}), tmp_path, threads=1)
    (tmp_path / ".converted" / "a_1.json").write_text("{")
    again = Letters({"a_1": "one"})
    convert_all(again, tmp_path, threads=1)
    assert again.converted == ["a_1"]


def test_a_corpus_of_which_nothing_can_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="none of the 1 utterances can be used; the first: a_1: can't be used"):
        convert_all(Letters({"a_1": "bad"}), tmp_path, threads=1)
    assert not (tmp_path / CONVERTED_FILE).exists()


@pytest.mark.parametrize("kind", ["vocaset", "biwi", "grid"])
def test_what_is_made_of_a_download_lies_apart_from_it(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "download"
    config = corpus_config({"name": "x", "type": kind, "root": str(root), "converted": str(root / "made")})
    conversion = conversion_of(config)
    assert conversion is not None
    with pytest.raises(ConfigError, match="lies in the folder that it is converted from"):
        conversion.convert(threads=1)


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_problems_of_another_form_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "problems.json").write_text(content)
    with pytest.raises(CorpusError, match=r"problems\.json"):
        read_problems(tmp_path)
