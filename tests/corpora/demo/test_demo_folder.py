"""folder.py: the demo's folder in the cache."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.demo import DESCRIPTION, DemoCorpus
from kmtalk_align.corpora.demo.folder import demo_folder
from kmtalk_align.errors import CorpusError
from tests.demo_face import Sentence

FPS = 2.0


@pytest.fixture
def embedded(demo_root: Path, tmp_path: Path) -> Path:
    """A copy of the demo, to change."""
    return shutil.copytree(demo_root, tmp_path / "embedded")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_made_once(embedded: Path, cache: Path) -> None:
    made = demo_folder(embedded, FPS, "synthetic")
    (made / "mark").write_bytes(b"")
    assert demo_folder(embedded, FPS, "synthetic") == made
    assert (made / "mark").is_file()
    assert list(cache.iterdir()) == [made]


def test_made_anew_it_is_the_same_byte_for_byte(embedded: Path, cache: Path) -> None:
    first = files(demo_folder(embedded, FPS, "synthetic"))
    shutil.rmtree(cache)
    assert files(demo_folder(embedded, FPS, "synthetic")) == first


@pytest.mark.parametrize("part", ["phones", "words", "transcripts", "wav", "head/regions"])
def test_an_edited_file_makes_another_folder(embedded: Path, cache: Path, part: str) -> None:
    before = demo_folder(embedded, FPS, "synthetic")
    edited = sorted((embedded / part).iterdir())[0]
    edited.write_bytes(edited.read_bytes() + b"\n")
    assert demo_folder(embedded, FPS, "synthetic") != before


def test_another_frame_rate_makes_another_folder(embedded: Path, cache: Path) -> None:
    assert demo_folder(embedded, FPS, "synthetic") != demo_folder(embedded, 2 * FPS, "synthetic")


def test_the_motion_of_a_subject_is_its_own_head_in_its_own_size(cache: Path, sentences: list[Sentence]) -> None:
    corpus = DemoCorpus("demo", fps=FPS).open()
    for one, factors in ((sentences[0], (1.05, 1.07, 1.04)), (sentences[-1], (1, 1, 1))):
        stored = np.load(corpus.root / "vertices_npy" / f"{one.utterance_id}.npy")
        expected = one.vertices(np.arange(len(stored)) / FPS) * np.array(factors)
        assert stored.dtype == np.float32
        assert stored.reshape(len(stored), -1, 3) == pytest.approx(expected, abs=1e-6)
        subject = one.utterance_id.partition("_")[0]
        assert corpus.templates[subject] == pytest.approx(one.head.neutral * np.array(factors), abs=1e-6)


def test_a_cache_that_cannot_be_written_is_an_error_that_names_the_way_out(
    embedded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("KMTALK_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CorpusError, match="KMTALK_CACHE") as caught:
        demo_folder(embedded, FPS, DESCRIPTION)
    assert str(tmp_path / "file" / "cache") in str(caught.value)


@pytest.mark.parametrize("gone", ["phones", "head/head.npz", "words/slt_sentence01.csv", "splits.json"])
def test_a_demo_that_is_not_whole_is_an_error_and_leaves_nothing(embedded: Path, cache: Path, gone: str) -> None:
    path = embedded / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(CorpusError, match="git checkout resources"):
        demo_folder(embedded, FPS, DESCRIPTION)
    assert not cache.exists() or not list(cache.iterdir())


def test_phones_that_are_no_table_are_an_error_that_names_the_file(embedded: Path, cache: Path) -> None:
    (embedded / "phones" / "slt_sentence01.csv").write_text("start,end\n0,1\n")
    with pytest.raises(CorpusError, match=r"slt_sentence01\.csv: cannot be read"):
        demo_folder(embedded, FPS, DESCRIPTION)


def test_a_phone_that_is_none_is_an_error_that_names_it(embedded: Path, cache: Path) -> None:
    path = embedded / "phones" / "slt_sentence01.csv"
    path.write_text(path.read_text().replace(",dh\n", ",xx\n", 1))
    with pytest.raises(CorpusError, match=r"slt_sentence01\.csv: .*xx"):
        demo_folder(embedded, FPS, DESCRIPTION)
