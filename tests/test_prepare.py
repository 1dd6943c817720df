"""Stage prepare: an unchanged shard's table stays untouched, and two builds are equal byte for byte."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpus import Corpus
from kmtalk_align.errors import CorpusError
from kmtalk_align.prepare import fingerprint, prepare
from kmtalk_align.shards import shard_name, shard_names, shard_of
from kmtalk_align.tables import CORPUS

SHARDS = 4
IDS = [f"ann_sentence{number:02d}" for number in range(1, 9)]
LONG_AGO = 1_000_000_000


def opened(root: Path) -> Corpus:
    return FolderCorpus(name="made_up", root=str(root), mouth_opening=(4, 5)).open()


def run(root: Path, output: Path, n_shards: int = SHARDS) -> None:
    prepare(opened(root), output, n_shards=n_shards)


def aged_tables(output: Path) -> dict[str, bytes]:
    """The shard tables' bytes by name, after their time stamps were put far back."""
    for path in output.glob("*.parquet"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return {path.stem: path.read_bytes() for path in sorted(output.glob("*.parquet"))}


def written(output: Path) -> list[str]:
    """The shards whose tables were written since `aged_tables`."""
    return sorted(path.stem for path in output.glob("*.parquet") if path.stat().st_mtime != LONG_AGO)


def shard(utterance_id: str) -> str:
    return shard_name(shard_of(utterance_id, SHARDS), SHARDS)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_utterance_is_a_row_of_its_own_shard(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    corpus = opened(build_corpus(*IDS))
    counts = prepare(corpus, tmp_path / "out", n_shards=SHARDS)
    assert counts == {"ok": len(IDS)}
    for name in shard_names(SHARDS):
        rows = CORPUS.read(tmp_path / "out" / f"{name}.parquet")
        assert [row["utterance_id"] for row in rows] == [one for one in IDS if shard(one) == name]
        assert rows == [dataclasses.asdict(corpus.examine(row["utterance_id"])) for row in rows]


def test_an_unchanged_corpus_leaves_every_shard_untouched(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root, output = build_corpus(*IDS), tmp_path / "out"
    run(root, output)
    before = aged_tables(output)
    run(root, output)
    assert written(output) == []
    assert aged_tables(output) == before


def _add(root: Path) -> str:
    for folder, suffix in (("wav", ".wav"), ("vertices_npy", ".npy"), ("transcripts", ".txt")):
        shutil.copy(root / folder / f"{IDS[0]}{suffix}", root / folder / f"ann_sentence99{suffix}")
    return "ann_sentence99"


def _remove(root: Path) -> str:
    for folder, suffix in (("wav", ".wav"), ("vertices_npy", ".npy"), ("transcripts", ".txt")):
        (root / folder / f"{IDS[2]}{suffix}").unlink()
    return IDS[2]


def _edit_motion(root: Path) -> str:
    path = root / "vertices_npy" / f"{IDS[3]}.npy"
    motion = np.load(path)
    motion[5, 7] += 1e-3
    np.save(path, motion)
    return IDS[3]


def _edit_recording(root: Path) -> str:
    path = root / "wav" / f"{IDS[4]}.wav"
    path.write_bytes(path.read_bytes()[:-2] + b"\1\2")
    return IDS[4]


def _transcribe_anew(root: Path) -> str:
    (root / "transcripts" / f"{IDS[5]}.txt").write_text("the dog sat")
    return IDS[5]


def _break(root: Path) -> str:
    (root / "wav" / f"{IDS[6]}.wav").write_bytes(b"")
    return IDS[6]


@pytest.mark.parametrize("edit", [_add, _remove, _edit_motion, _edit_recording, _transcribe_anew, _break])
def test_a_change_to_one_utterance_writes_its_shard_alone(
    build_corpus: Callable[..., Path], tmp_path: Path, edit: Callable[[Path], str]
) -> None:
    root, output = build_corpus(*IDS), tmp_path / "out"
    run(root, output)
    before = aged_tables(output)
    changed = shard(edit(root))
    run(root, output)
    assert written(output) == [changed]
    after = aged_tables(output)
    assert {name for name in before if before[name] != after[name]} == {changed}


def test_an_added_split_file_changes_rows(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root, output = build_corpus(*IDS), tmp_path / "out"
    run(root, output)
    aged_tables(output)
    (root / "splits.json").write_text(json.dumps({"unassigned": IDS[1:], "val": IDS[:1]}))
    run(root, output)
    assert written(output) == [shard(IDS[0])]


def test_tables_of_another_number_of_shards_are_removed(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root, output = build_corpus(*IDS), tmp_path / "out"
    run(root, output, 4)
    (output / "notes.parquet").touch()
    run(root, output, 2)
    assert sorted(path.stem for path in output.glob("*.parquet")) == [*shard_names(2), "notes"]


def test_an_empty_shard_has_an_empty_table(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    run(build_corpus("ann_sentence01"), tmp_path / "out", 2)
    lengths = [len(CORPUS.read(tmp_path / "out" / f"{name}.parquet")) for name in shard_names(2)]
    assert sorted(lengths) == [0, 1]


def test_corpus_json_says_what_the_corpus_is(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root = build_corpus(
        "ann_01", "ann_02", "ben_01", "ben_02", splits={"train": ["ann_01", "ann_02"], "val": ["ben_01"]}
    )
    (root / "wav" / "ann_02.wav").write_bytes(b"")
    run(root, tmp_path / "out", 2)
    assert json.loads((tmp_path / "out" / "corpus.json").read_text()) == {
        "name": "made_up",
        "description": "",
        "motion_name": "captured",
        "unit": "metre",
        "fps": 25.0,
        "vertex_count": 12,
        "faces": [[0, 1, 2], [9, 10, 11]],
        "regions": {"lips": [1, 2, 3]},
        "mouth_opening": [4, 5],
        "subjects": ["ann", "ben"],
        "shards": ["00000-of-00002", "00001-of-00002"],
        "utterances": {"ok": 3, "failed": 1},
        "splits": {"train": 1, "val": 1, "unassigned": 1},
    }


def test_templates_safetensors_reads_back(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    corpus = opened(build_corpus())
    prepare(corpus, tmp_path / "out", n_shards=1)
    found = load_file(tmp_path / "out" / "templates.safetensors")
    assert sorted(found) == ["ann", "ben"]
    for subject, template in corpus.templates.items():
        assert found[subject].dtype == np.float32
        np.testing.assert_array_equal(found[subject], template)


def test_an_audio_corpus_has_no_templates(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    run(build_corpus(motion=False), tmp_path / "out")
    assert load_file(tmp_path / "out" / "templates.safetensors") == {}
    summary = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert (summary["vertex_count"], summary["faces"], summary["mouth_opening"]) == (0, [], None)


def test_two_builds_in_two_folders_are_equal_byte_for_byte(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    first, second = build_corpus(*IDS), tmp_path / "elsewhere" / "a copy"
    shutil.copytree(first, second)
    run(first, tmp_path / "out")
    run(second, tmp_path / "elsewhere" / "out")
    found = contents(tmp_path / "out")
    assert len(found) == SHARDS + 2
    assert contents(tmp_path / "elsewhere" / "out") == found


def _nan(root: Path) -> None:
    np.save(root / "vertices_npy" / f"{IDS[0]}.npy", np.full((10, 36), np.nan, np.float32))


def _no_array(root: Path) -> None:
    (root / "vertices_npy" / f"{IDS[0]}.npy").write_bytes(b"no array")


def _no_sound(root: Path) -> None:
    (root / "wav" / f"{IDS[0]}.wav").write_bytes(b"")


def _no_text(root: Path) -> None:
    (root / "transcripts" / f"{IDS[0]}.txt").write_bytes(b"\xff")


@pytest.mark.parametrize("damage", [_nan, _no_array, _no_sound, _no_text])
def test_two_builds_are_equal_byte_for_byte_where_an_utterance_failed_too(
    build_corpus: Callable[..., Path], tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    first, second = build_corpus(*IDS), tmp_path / "elsewhere" / "a copy"
    damage(first)
    shutil.copytree(first, second)
    run(first, tmp_path / "out")
    run(second, tmp_path / "elsewhere" / "out")
    assert contents(tmp_path / "elsewhere" / "out") == contents(tmp_path / "out")


def test_threads_change_nothing(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    corpus = opened(build_corpus(*IDS))
    for threads in (1, 4):
        prepare(corpus, tmp_path / str(threads), n_shards=SHARDS, threads=threads)
    assert contents(tmp_path / "1") == contents(tmp_path / "4")


def test_failed_utterances_are_rows_with_their_reason(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root = build_corpus(*IDS)
    (root / "vertices_npy" / f"{IDS[1]}.npy").unlink()
    assert prepare(opened(root), tmp_path / "out", n_shards=1) == {"ok": len(IDS) - 1, "failed": 1}
    rows = CORPUS.read(tmp_path / "out" / "00000-of-00001.parquet")
    assert [row["utterance_id"] for row in rows] == IDS
    assert [row["status"] for row in rows].count("failed") == 1
    assert "has a recording and no motion" in rows[1]["message"]


def test_a_corpus_without_a_usable_utterance_is_an_error_that_gives_an_example(
    build_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus("ann_01", "ann_02")
    for name in ("ann_01", "ann_02"):
        (root / "wav" / f"{name}.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"none of the 2 utterances can be used; the first: .*the file is empty"):
        run(root, tmp_path / "out")
    assert not (tmp_path / "out" / "corpus.json").exists()


def test_a_corpus_without_utterances_is_an_error(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    corpus = dataclasses.replace(opened(build_corpus()), utterance_ids=[])
    with pytest.raises(CorpusError, match="utterance"):
        prepare(corpus, tmp_path / "out", n_shards=2)


def test_the_fingerprint_of_an_unchanged_corpus_is_the_same(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    before = fingerprint(root)
    os.utime(root / "wav", (LONG_AGO, LONG_AGO))  # a folder's own time says nothing
    assert fingerprint(root) == before


def test_the_fingerprint_does_not_depend_on_where_the_corpus_lies(
    build_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus()
    shutil.copytree(root, tmp_path / "copy")
    assert fingerprint(tmp_path / "copy") == fingerprint(root)


def _size(path: Path) -> None:
    status = path.stat()
    path.write_bytes(path.read_bytes() + b"x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _mtime(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000))


def _name(path: Path) -> None:
    path.rename(path.with_name("other.wav"))


def _folder(path: Path) -> None:
    path.rename(path.parents[1] / path.name)


def _removal(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [_size, _mtime, _name, _folder, _removal])
def test_the_fingerprint_changes_with_size_time_and_name(
    build_corpus: Callable[..., Path], change: Callable[[Path], None]
) -> None:
    root = build_corpus()
    before = fingerprint(root)
    change(root / "wav" / "ann_sentence01.wav")
    assert fingerprint(root) != before


def test_the_fingerprint_changes_with_the_content_of_id_lists(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    found = [fingerprint(tmp_path / "corpus", (ids,))]
    for content in ("a_01", "a_02"):
        ids.write_text(content)
        found.append(fingerprint(tmp_path / "corpus", (ids,)))
    assert len(set(found)) == 3


def test_the_fingerprint_sees_a_change_behind_a_linked_folder(
    build_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus()
    (root / "wav").rename(tmp_path / "other_disk")
    (root / "wav").symlink_to(tmp_path / "other_disk")
    before = fingerprint(root)
    _size(tmp_path / "other_disk" / "ann_sentence01.wav")
    assert fingerprint(root) != before


def test_a_broken_link_does_not_stop_the_fingerprint(build_corpus: Callable[..., Path], tmp_path: Path) -> None:
    root = build_corpus()
    before = fingerprint(root)
    (root / "wav" / "gone.wav").symlink_to(tmp_path / "nowhere")
    assert fingerprint(root) != before


def test_a_missing_folder_has_a_fingerprint_too(tmp_path: Path) -> None:
    assert fingerprint(tmp_path / "nowhere")
