"""Made-up downloads of VOCASET as the corpus that they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.corpora import corpus_config
from kmtalk_align.corpora.vocaset import VocasetCorpus
from kmtalk_align.corpus import Utterance
from kmtalk_align.motion import vertices
from tests.corpora.vocaset.made_download import Download


def block(root: Path, **more: Any) -> VocasetCorpus:
    converted = {"converted": str(root.parent / "converted")}
    found = corpus_config({"name": "made_up", "type": "vocaset", "root": str(root), **converted, **more})
    assert isinstance(found, VocasetCorpus)
    return found


def convert(made: Download, folder: Path, **more: Any) -> VocasetCorpus:
    config = block(made.write(folder / "download"), **more)
    config.convert(threads=2)
    return config


def examined(config: VocasetCorpus) -> dict[str, Utterance]:
    corpus = config.open()
    return {one: corpus.examine(one) for one in corpus.utterance_ids}


def motion_of(config: VocasetCorpus, found: Utterance) -> np.ndarray:
    assert found.motion is not None, found.message
    return vertices(found.motion, config.root_folder(), n_frames=found.n_frames)
