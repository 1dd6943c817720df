"""Opening a folder corpus: what is listed, what is refused, and what of it becomes the Corpus."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora import corpus_config
from kmtalk_align.corpora.folder import FolderCorpus
from kmtalk_align.corpora.splits import SplitRule
from kmtalk_align.errors import ConfigError, CorpusError, KMTalkError
from kmtalk_align.prepare import prepare


def ids_of(root: Path, **options: object) -> list[str]:
    return list(corpus_config({"name": "made_up", "type": "folder", "root": str(root), **options}).open().utterance_ids)


def test_faceformers_layout_opens(build_corpus: Callable[..., Path]) -> None:
    corpus = FolderCorpus(name="made_up", root=str(build_corpus()), mouth_opening=(4, 5)).open()
    assert corpus.utterance_ids == ["ann_sentence01", "ann_sentence02", "ben_sentence01"]
    assert corpus.vertex_count == 12
    assert corpus.faces is not None
    assert corpus.faces.tolist() == [[0, 1, 2], [9, 10, 11]]
    assert corpus.regions == {"lips": [1, 2, 3]}
    assert corpus.mouth_opening == (4, 5)
    assert sorted(corpus.templates) == ["ann", "ben"]
    np.testing.assert_array_equal(corpus.templates["ben"], np.arange(36).reshape(12, 3) / 2)


def test_a_folder_of_speech_alone_is_an_audio_corpus(build_corpus: Callable[..., Path]) -> None:
    corpus = FolderCorpus(name="made_up", root=str(build_corpus(motion=False)), mouth_opening=(4, 5)).open()
    assert corpus.vertex_count == 0
    assert corpus.faces is None
    assert corpus.mouth_opening is None
    assert [corpus.examine(one).status for one in corpus.utterance_ids] == ["ok", "ok", "ok"]


def test_the_files_of_an_audio_corpus_may_have_any_suffix_in_any_case(add_utterance: Callable[..., Path]) -> None:
    root = add_utterance("a_01", rows=None)
    (root / "wav" / "a_01.wav").rename(root / "wav" / "a_01.WAV")
    (root / "wav" / "a_02.mp4").touch()
    assert ids_of(root) == ["a_01", "a_02"]


def test_hidden_files_and_files_that_are_no_audio_are_ignored(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01")
    for name in ("wav/.ann_02.wav", "wav/._ann_01.wav", "wav/notes.txt", "vertices_npy/._ann_01.npy"):
        (root / name).write_text("no data")
    assert ids_of(root) == ["ann_01"]


def test_hidden_files_beside_regions_and_meshes_are_ignored(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01")
    (root / "mesh.npz").unlink()
    for name in ("regions/._lips.txt", "._head.ply"):  # as macOS leaves them on other systems' disks
        (root / name).write_bytes(b"\0\5\x16\7 no data")
    corpus = FolderCorpus(name="made_up", root=str(root)).open()
    assert corpus.faces is None
    assert list(corpus.regions) == ["lips"]


def test_a_folder_without_wav_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no folder wav/.*corpus\.root"):
        ids_of(tmp_path)


def test_a_folder_without_any_recording_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    with pytest.raises(CorpusError, match="holds no utterance"):
        ids_of(tmp_path)


def test_motion_without_templates_is_no_corpus(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus()
    (root / "templates.pkl").unlink()
    with pytest.raises(CorpusError, match=r"templates\.pkl: is missing"):
        ids_of(root)


def test_ids_come_from_recordings_motions_and_splits_json_alike(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01", "ann_02", splits={"train": ["ann_01", "ann_03"]})
    (root / "wav" / "ann_02.wav").unlink()
    assert ids_of(root) == ["ann_01", "ann_02", "ann_03"]


@pytest.mark.parametrize("utterance_id", ["a clip_01", "a.b.c_01", "zoë_01", "李_01", "100%_01", "a'b;c_01"])
def test_an_id_may_hold_spaces_dots_and_letters_of_any_script(
    add_utterance: Callable[..., Path], utterance_id: str
) -> None:
    root = add_utterance(utterance_id, rows=None)
    corpus = FolderCorpus(name="made_up", root=str(root)).open()
    assert corpus.utterance_ids == [utterance_id]
    found = corpus.examine(utterance_id)
    assert (found.status, found.transcript) == ("ok", "the cat sat")
    assert found.subject == utterance_id.removesuffix("_01")
    assert found.audio_path == f"wav/{utterance_id}.wav"


def test_a_file_name_that_is_not_utf8_is_an_error_that_says_so(
    add_utterance: Callable[..., Path], tmp_path: Path
) -> None:
    root = add_utterance("cafe_01", rows=None)
    os.rename(root / "wav" / "cafe_01.wav", os.fsencode(root / "wav") + b"/caf\xe9_01.wav")  # noqa: PTH104
    with pytest.raises(CorpusError, match="caf"):
        prepare(FolderCorpus(name="made_up", root=str(root)).open(), tmp_path / "out", n_shards=1)


def test_splits_json_says_the_split(build_corpus: Callable[..., Path]) -> None:
    root = build_corpus("ann_01", "ann_02", splits={"train": ["ann_01"]})
    corpus = FolderCorpus(name="made_up", root=str(root), splits={"val": SplitRule((1, 40))}).open()
    assert {one: corpus.examine(one).split for one in corpus.utterance_ids} == {
        "ann_01": "train",
        "ann_02": "unassigned",
    }


def test_the_stem_rule_says_the_split_where_there_is_no_splits_json(build_corpus: Callable[..., Path]) -> None:
    block = {
        "name": "made_up",
        "type": "folder",
        "root": str(build_corpus("ann_sentence01", "ben_sentence02", "ann_sentence03")),
        "splits": {
            "train": {"sentences": [1, 2], "subjects": ["ann"]},
            "test": {"sentences": [1, 2], "subjects": ["ben"]},
        },
    }
    corpus = corpus_config(block).open()
    assert {one: corpus.examine(one).split for one in corpus.utterance_ids} == {
        "ann_sentence01": "train",
        "ann_sentence03": "unassigned",
        "ben_sentence02": "test",
    }


def test_include_chooses_utterances_by_list(build_corpus: Callable[..., Path]) -> None:
    assert ids_of(build_corpus(), include=["ben_sentence01"]) == ["ben_sentence01"]


def test_exclude_leaves_utterances_out_by_list(build_corpus: Callable[..., Path]) -> None:
    assert ids_of(build_corpus(), exclude=["ben_sentence01"]) == ["ann_sentence01", "ann_sentence02"]


def test_exclude_wins_over_include(build_corpus: Callable[..., Path]) -> None:
    include = ["ann_sentence01", "ben_sentence01"]
    assert ids_of(build_corpus(), include=include, exclude=["ben_sentence01"]) == ["ann_sentence01"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_include_and_exclude_may_be_files_of_ids(
    build_corpus: Callable[..., Path], tmp_path: Path, encoding: str
) -> None:
    include, exclude = tmp_path / "include.txt", tmp_path / "exclude.txt"
    include.write_text("ann_sentence01\r\n\n  ann_sentence02 \n", encoding=encoding)
    exclude.write_text("ann_sentence01", encoding=encoding)
    assert ids_of(build_corpus(), include=str(include), exclude=str(exclude)) == ["ann_sentence02"]


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_an_unknown_id_in_a_list_is_an_error_that_names_it(build_corpus: Callable[..., Path], key: str) -> None:
    with pytest.raises(CorpusError, match="there is no utterance ann_sentence99"):
        ids_of(build_corpus(), **{key: ["ann_sentence01", "ann_sentence99"]})


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_an_unknown_id_in_a_file_is_an_error_that_names_it(
    build_corpus: Callable[..., Path], tmp_path: Path, key: str
) -> None:
    (tmp_path / "ids.txt").write_text("ann_sentence01\nann_sentence99\n")
    with pytest.raises(CorpusError, match="there is no utterance ann_sentence99"):
        ids_of(build_corpus(), **{key: str(tmp_path / "ids.txt")})


@pytest.mark.parametrize("content", [None, b"ann\xff_sentence01\n"])
def test_a_list_file_that_cannot_be_read_is_an_error_that_names_it(
    build_corpus: Callable[..., Path], tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "ids.txt").write_bytes(content)
    with pytest.raises(CorpusError, match=r"include: .*ids\.txt: cannot be read"):
        ids_of(build_corpus(), include=str(tmp_path / "ids.txt"))


def test_excluding_everything_is_an_error(build_corpus: Callable[..., Path]) -> None:
    with pytest.raises(CorpusError, match="holds no utterance"):
        ids_of(build_corpus("ann_01"), exclude=["ann_01"])


def test_a_mouth_opening_beyond_the_mesh_is_an_error(build_corpus: Callable[..., Path]) -> None:
    with pytest.raises(CorpusError, match=r"mouth_opening names \[3, 12\], the templates have 12"):
        ids_of(build_corpus(), mouth_opening=[3, 12])


@pytest.mark.parametrize(
    "wrong", [{"motion_stride": 0}, {"motion_stride": -1}, {"fps": 0}, {"fps": -25}, {"fps": float("nan")}]
)
def test_a_rate_or_a_stride_that_is_no_positive_number_is_an_error(
    build_corpus: Callable[..., Path], wrong: dict[str, float]
) -> None:
    root = build_corpus()
    with pytest.raises(KMTalkError, match=next(iter(wrong))):
        ids_of(root, **wrong)


def test_an_unknown_kind_of_corpus_is_an_error_that_lists_the_kinds() -> None:
    with pytest.raises(ConfigError, match=r"no corpus 'tape'.*folder, demo"):
        corpus_config({"name": "made_up", "type": "tape"})


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key frame_rate"):
        ids_of(tmp_path, frame_rate=25)


def test_an_utterance_with_a_problem_is_a_failed_row_be_its_files_there_or_not(
    build_corpus: Callable[..., Path],
) -> None:
    root = build_corpus("ann_01", "ann_02")
    (root / "problems.json").write_text('{"ann_02": "ann_02: lost frames", "zoe_01": "zoe_01: no video"}')
    corpus = FolderCorpus(name="made_up", root=str(root)).open()
    rows = {one: corpus.examine(one) for one in corpus.utterance_ids}
    assert {one: (row.status, row.message) for one, row in rows.items()} == {
        "ann_01": ("ok", ""),
        "ann_02": ("failed", "ann_02: lost frames"),
        "zoe_01": ("failed", "zoe_01: no video"),
    }


def test_what_should_be_there_and_is_not_is_a_failed_row(build_corpus: Callable[..., Path]) -> None:
    absent = {one: f"{one}: is missing" for one in ("ann_01", "ben_02", "cat_03")}
    root = build_corpus("ann_01")
    corpus = FolderCorpus(name="made_up", root=str(root), exclude=("cat_03",)).open(absent)
    assert corpus.utterance_ids == ["ann_01", "ben_02"]
    assert corpus.examine("ann_01").status == "ok"
    assert corpus.examine("ben_02").message == "ben_02: is missing"
