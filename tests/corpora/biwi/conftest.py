"""BIWI's download, made up, and what it is converted to; both are made once and only looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmtalk_align.corpora.biwi import BiwiCorpus
from tests import made_biwi


@pytest.fixture(scope="session")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_biwi.download(tmp_path_factory.mktemp("biwi") / "download")


@pytest.fixture(scope="session")
def converted(download: Path) -> BiwiCorpus:
    corpus = BiwiCorpus(name="biwi", root=str(download), converted=str(download.parent / "converted"))
    corpus.convert(threads=2)
    return corpus
