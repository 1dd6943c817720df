"""The stage features: what is written, what fails, and what is not done twice."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from kmtalk_align.audio import Samples, decode
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.errors import ArtefactError, ConfigError, KMTalkError
from kmtalk_align.prepare import prepare
from kmtalk_align.tables import FEATURE_STATUS
from kmtalk_model.encoders.base import Encoded, Spoken, Stream
from kmtalk_model.feature_cache import FeatureCache, features_path, status_path
from kmtalk_model.features import features, size_of

IDS = [f"ann_sentence{number:02d}" for number in range(7)]


class Ears:
    """A stand-in: the sound in frames of 1/50 s, transposed in memory as a network may leave it."""

    streams: ClassVar = {"sound": Stream(320, 50.0, 0.01), "loud": Stream(1, 50.0, 0.01)}

    def __init__(self, batch_size: int = 1, identity: str = "ears 1") -> None:
        self.batch_size, self.identity, self.batches = batch_size, identity, []  # type: ignore[var-annotated]

    def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
        self.batches.append(len(batch))
        return [self._one(samples) for samples in batch]

    def _one(self, samples: Samples) -> Encoded:
        if np.abs(samples).max() > 0.9:
            raise ValueError("too loud")
        frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
        return Encoded(
            {"sound": np.asfortranarray(frames), "loud": np.abs(frames).max(axis=1, keepdims=True)},
            Spoken((1, 2), "ab"),
        )


@pytest.fixture
def shards(build_corpus: Callable[..., Path], tmp_path: Path) -> tuple[list[Path], Path]:
    """Three shards of a corpus of seven tones of 0.4 s, and the corpus' root."""
    root = build_corpus(*IDS)
    prepare(FolderCorpus(name="made_up", root=str(root)).open(), tmp_path / "corpus", n_shards=3)
    return sorted((tmp_path / "corpus").glob("0*.parquet")), root


@pytest.mark.parametrize("batch_size", [1, 3, 100])
@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_read_is_what_was_encoded(
    shards: tuple[list[Path], Path], tmp_path: Path, batch_size: int, threads: int
) -> None:
    tables, root = shards
    features(tables, Ears(batch_size), root, tmp_path / "out", threads=threads)
    cache = FeatureCache(tmp_path / "out")
    assert cache.streams == Ears.streams
    for utterance_id in IDS:
        expected = Ears().encode([decode(root / "wav" / f"{utterance_id}.wav")])[0]
        for stream, values in expected.features.items():
            found = cache.read(utterance_id, stream)
            assert found.dtype == np.float16
            assert np.array_equal(found, values.astype(np.float16))
        assert cache.spoken(utterance_id) == Spoken((1, 2), "ab")
    assert cache.at_frames(IDS[0], 10, 25.0).shape == (10, 321)


def test_two_builds_are_equal_byte_for_byte(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    tables, root = shards
    features(tables, Ears(1), root, tmp_path / "one", threads=1)
    features(tables, Ears(4), root, tmp_path / "two", threads=2)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert len(names) == 6
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)


def test_files_have_the_rights_of_any_new_file(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    tables, root = shards
    before = os.umask(0o027)
    try:
        features(tables, Ears(), root, tmp_path / "out")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o640}


def test_shards_that_are_there_are_passed_over(
    shards: tuple[list[Path], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tables, root = shards
    features(tables[:2], Ears(), root, tmp_path / "out")
    ears = Ears()
    with caplog.at_level(logging.INFO):
        features(tables, ears, root, tmp_path / "out")
    assert "2 of 3 shards have their features already" in caplog.text
    assert sum(ears.batches) == len(FEATURE_STATUS.read(status_path(tmp_path / "out", tables[2].stem)))


@pytest.mark.parametrize("what", ["other weights", "other recording", "a broken file", "no status"])
def test_shards_of_something_else_are_made_again(
    shards: tuple[list[Path], Path], tmp_path: Path, add_utterance: Callable[..., Path], what: str
) -> None:
    tables, root = shards
    features(tables, Ears(), root, tmp_path / "out")
    ears = Ears(identity="ears 2" if what == "other weights" else "ears 1")
    if what == "other recording":
        add_utterance(IDS[0], seconds=0.42, root=root)
        prepare(FolderCorpus(name="made_up", root=str(root)).open(), tables[0].parent, n_shards=3)
    elif what == "a broken file":
        features_path(tmp_path / "out", tables[0].stem).write_bytes(b"half")
    elif what == "no status":
        status_path(tmp_path / "out", tables[0].stem).unlink()
    features(tables, ears, root, tmp_path / "out")
    assert bool(ears.batches)
    assert (len(ears.batches) == len(IDS)) == (what == "other weights")


def test_failures_are_rows_and_harm_nobody_beside_them(
    shards: tuple[list[Path], Path], tmp_path: Path, write_wav: Callable[..., Path]
) -> None:
    tables, root = shards
    (root / "wav" / f"{IDS[1]}.wav").write_bytes(b"no sound")
    loud = write_wav("loud.wav", np.full(6400, 0.99))
    loud.replace(root / "wav" / f"{IDS[2]}.wav")
    features(tables, Ears(batch_size=7), root, tmp_path / "out")
    rows = {
        row["utterance_id"]: row
        for table in tables
        for row in FEATURE_STATUS.read(status_path(tmp_path / "out", table.stem))
    }
    assert sorted(rows) == IDS
    assert rows[IDS[1]]["status"] == rows[IDS[2]]["status"] == "failed"
    assert "cannot be decoded" in rows[IDS[1]]["message"]
    assert "too loud" in rows[IDS[2]]["message"]
    assert {row["status"] for utterance_id, row in rows.items() if utterance_id not in IDS[1:3]} == {"ok"}
    cache = FeatureCache(tmp_path / "out")
    assert len(cache.read(IDS[0], "sound")) == 20
    with pytest.raises(ArtefactError, match=f"no features 'sound' of {IDS[1]}.*what failed"):
        cache.read(IDS[1], "sound")
    with pytest.raises(ArtefactError, match=f"no CTC network heard {IDS[2]}"):
        cache.spoken(IDS[2])


def test_a_shard_in_which_all_fail_is_an_error_that_leaves_no_file(
    shards: tuple[list[Path], Path], tmp_path: Path
) -> None:
    class Deaf(Ears):
        def encode(self, batch: Sequence[Samples]) -> list[Encoded]:
            raise ValueError("deaf")

    tables, root = shards
    with pytest.raises(KMTalkError, match=r"all \d utterances of this shard failed.*deaf"):
        features(tables, Deaf(), root, tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_values_beyond_half_precision_are_a_failed_row(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    class Shouting(Ears):
        def _one(self, samples: Samples) -> Encoded:
            heard = super()._one(samples)
            return Encoded({stream: values * np.float32(1e6) for stream, values in heard.features.items()})

    tables, root = shards
    with pytest.raises(KMTalkError, match=r"go up to 3e\+05, beyond what float16 holds"):
        features(tables, Shouting(), root, tmp_path / "out")


def test_the_size_is_what_the_tensors_take(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    from kmtalk_align.tables import CORPUS

    tables, root = shards
    features(tables, Ears(), root, tmp_path / "out")
    cache = FeatureCache(tmp_path / "out")
    taken = sum(cache.read(one, stream).nbytes for one in IDS for stream in cache.streams)
    assert size_of([row for table in tables for row in CORPUS.read(table)], Ears()) == taken


def test_a_full_disk_is_found_before_the_work(
    shards: tuple[list[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, root = shards
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    ears = Ears()
    with pytest.raises(ArtefactError, match="the features will take about 0 MB, and 0 MB are free; make room"):
        features(tables, ears, root, tmp_path / "out")
    assert not ears.batches


def test_a_cache_travels_to_another_process(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    tables, root = shards
    features(tables, Ears(), root, tmp_path / "out")
    cache = FeatureCache(tmp_path / "out")
    before = cache.read(IDS[0], "loud")
    again: Any = pickle.loads(pickle.dumps(cache))
    assert np.array_equal(again.read(IDS[0], "loud"), before)


def test_a_folder_without_features_or_of_two_cuts_is_refused(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="holds no features"):
        FeatureCache(tmp_path)
    tables, root = shards
    features(tables, Ears(), root, tmp_path / "out")
    (tmp_path / "out" / "00000-of-00009.safetensors").write_bytes(b"")
    with pytest.raises(ArtefactError, match="shards of several cuts: 00003, 00009"):
        FeatureCache(tmp_path / "out")


def test_features_of_another_number_of_shards_are_removed(shards: tuple[list[Path], Path], tmp_path: Path) -> None:
    tables, root = shards
    features(tables, Ears(), root, tmp_path / "out")
    prepare(FolderCorpus(name="made_up", root=str(root)).open(), tables[0].parent, n_shards=1)
    features([tables[0].with_name("00000-of-00001.parquet")], Ears(), root, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "00000-of-00001.safetensors",
        "00000-of-00001.status.parquet",
    }


def test_an_empty_shard_has_empty_files(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root = build_corpus("ann_sentence01")
    prepare(FolderCorpus(name="made_up", root=str(root)).open(), tmp_path / "corpus", n_shards=4)
    features(sorted((tmp_path / "corpus").glob("0*.parquet")), Ears(), root, tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 8
    assert FeatureCache(tmp_path / "out").streams == Ears.streams


def test_the_command_writes_says_its_size_and_keeps_to_its_block(
    shards: tuple[list[Path], Path], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from kmtalk_model.cli import app

    tables, root = shards
    paths, where = list(map(str, tables)), ["--root", str(root), "--output", str(tmp_path / "out")]
    size = CliRunner().invoke(app, ["features-size", *paths, "--encoder", "logmel"])
    assert size.output.splitlines()[-2:] == ["mel: 80 values, 100 times a second", "0.0 MB"]
    refused = CliRunner().invoke(app, ["features", *paths, *where, "--encoder", "whisper:no-such-model"])
    assert isinstance(refused.exception, ConfigError)
    done = CliRunner().invoke(app, ["features", *paths, *where, "--encoder", "logmel", "--threads", "2"])
    assert done.exit_code == 0, done.output
    assert FeatureCache(tmp_path / "out").read(IDS[0], "mel").shape == (40, 80)
    other = CliRunner().invoke(app, ["features", *paths, *where, "--encoder", '{"backend": "logmel", "n_mels": 128}'])
    assert "n_mels was 80, is now 128" in str(other.exception)
