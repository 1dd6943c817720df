"""A whole small workflow: from recordings with motion to a trained and scored run, and again with nothing to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from kmtalk_align.aligners.base import Alignment
from kmtalk_align.textgrid import write_textgrid
from kmtalk_model.run_folder import RunFolder
from tests.built_run import PHONES, WORDS
from tests.workflow_build import Build, config_of, jobs

IDS = ("ann_sentence01", "ann_sentence02", "ben_sentence01")
EXPERIMENT = """
preset: default
keys: {asr: reference, aligner: own, selector: phoneme}
audio: {encoder: logmel}
key_motion: {network: {width: 8, heads: 2, components: 3}, training: {epochs: 1}}
completion: {network: {width: 8, heads: 2, components: 3}, training: {epochs: 1}}
"""


def built(folder: Path, build_corpus: Callable[..., Path]) -> Build:
    """Three utterances with motion and the user's own TextGrids, and an experiment of tiny networks."""
    data = build_corpus(*IDS, splits={"train": list(IDS[:2]), "val": [IDS[2]]}, root=folder / "data")
    (data / "regions" / "upper_face.txt").write_text("5, 6, 7")
    (folder / "own").mkdir()
    for one in IDS:
        write_textgrid(folder / "own" / f"{one}.TextGrid", Alignment(WORDS, PHONES, 0.4))
    (folder / "experiments").mkdir()
    (folder / "experiments" / "tiny.yaml").write_text(EXPERIMENT)
    return Build(
        folder,
        config_of(
            "data",
            shards=1,
            aligner={"own": {"backend": "textgrid", "folder": "own"}},
            runs=[{"asr": "reference", "aligner": "own", "selector": "phoneme"}],
            encoder={"logmel": {"backend": "logmel"}},
            experiments="experiments",
            train=["tiny"],
        ),
    )


def test_an_experiment_is_trained_assembled_and_scored_once(tmp_path: Path, build_corpus: Callable[..., Path]) -> None:
    build = built(tmp_path, build_corpus)
    done = jobs(build.run())
    assert (done["train"], done["assemble"], done["evaluate"]) == (2, 1, 1)
    run = RunFolder.load(build.results / "runs" / "tiny")
    assert set(run.run.stages) == {"key_motion", "completion"}
    scored = json.loads((build.results / "evaluation" / "tiny.json").read_text())
    assert set(scored["systems"]) == {"tiny", "mean pose", "ridge regression"}
    assert scored["protocol"] == "codetalker"
    assert not jobs(build.run())
    assert build.temporary_files() == []
