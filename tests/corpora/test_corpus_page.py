"""docs/add_a_corpus.md: its example works, and bad data comes out as the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align import corpora
from kmtalk_align.corpora import corpus_config
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import CorpusError
from kmtalk_align.motion import vertices
from kmtalk_align.prepare import prepare

PAGE = Path(__file__).parents[2] / "docs" / "add_a_corpus.md"


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add_utterance: Callable[..., Path]) -> Callable[[], Corpus]:
    """Opens a corpus of the page's kind: one good utterance, one without motion."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "listed_example.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(corpora.CORPORA, "listed", "listed_example:ListedCorpus")
    root = add_utterance("ann_1", rows=10)
    add_utterance("ann_2", rows=None, root=root)
    np.save(root / "neutral.npy", np.zeros((12, 3)))
    rows = [f"ann_{n},ann,train,wav/ann_{n}.wav,vertices_npy/ann_{n}.npy\n" for n in (1, 2)]
    (root / "list.csv").write_text("id,subject,split,audio,motion\n" + "".join(rows))
    return lambda: corpus_config({"name": "made_up", "type": "listed", "root": str(root)}).open()


def test_the_example_prepares_with_a_failed_row_for_bad_data(listed: Callable[[], Corpus], tmp_path: Path) -> None:
    assert prepare(listed(), tmp_path / "out", n_shards=1) == {"ok": 1, "failed": 1}


def test_the_examples_motion_is_found(listed: Callable[[], Corpus]) -> None:
    corpus = listed()
    good, bad = (corpus.examine(one) for one in corpus.utterance_ids)
    assert good.motion is not None
    assert vertices(good.motion, corpus.root, n_frames=good.n_frames).shape == (10, 12, 3)
    assert "ann_2.npy" in bad.message


def test_a_list_that_is_none_is_an_error(listed: Callable[[], Corpus]) -> None:
    root = listed().root
    (root / "list.csv").write_text("name\nann_1\n")
    with pytest.raises(CorpusError, match="is no listed corpus"):
        listed()


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"\b(?:kmtalk_align|workflow|tests)/[\w./]+\.\w+", PAGE.read_text(encoding="utf-8")))
    assert named
    assert [one for one in sorted(named) if not (PAGE.parents[1] / one).is_file()] == []
