"""The export: a corpus goes out and comes back the same, and nothing is ever half there or deleted."""

from __future__ import annotations

import csv
import json
import os
import pickle
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kmtalk_align.export.corpus as room
from kmtalk_align import motion
from kmtalk_align.audio import decode
from kmtalk_align.corpus import Corpus, Utterance
from kmtalk_align.errors import ArtefactError
from kmtalk_align.export import export_corpus
from kmtalk_align.export.clip import bytes_of
from kmtalk_align.tables import ALIGNMENTS, KEY_FRAMES
from kmtalk_align.textgrid import read_textgrid
from tests.built_run import PHONES, RUN, WORDS, opened

IDS = ("ann_sentence01", "ann_sentence02", "ann_sentence03", "ben_sentence01", "ben_sentence02")
SPLITS = {"train": list(IDS[:3]), "test": list(IDS[3:])}
# Frames a second of the motion files and as later steps see it; the tones last 0.4 s.
LAYOUTS = {"vocaset": {"fps": 30, "motion_stride": 2}, "biwi": {"fps": 25}}
Exporting = tuple[Path, Path]


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def examined(corpus: Corpus) -> dict[str, Utterance]:
    return {utterance_id: corpus.examine(utterance_id) for utterance_id in corpus.utterance_ids}


def clips_of(output: Path) -> dict[str, Any]:
    clips: dict[str, Any] = json.loads((output / "key_frames.json").read_text(encoding="utf-8"))["utterances"]
    return clips


def excluded_of(output: Path) -> list[dict[str, str]]:
    with (output / "excluded.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def built(build_corpus: Callable[..., Path], build_run: Callable[..., Path]) -> Exporting:
    """Root and results of a corpus at 25 fps."""
    root = build_corpus(*IDS, splits=SPLITS)
    return root, build_run(root)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_corpus_comes_back_as_it_went_out(
    layout: str,
    build_corpus: Callable[..., Path],
    add_utterance: Callable[..., Path],
    build_run: Callable[..., Path],
    tmp_path: Path,
) -> None:
    root, changes = build_corpus(*IDS, splits=SPLITS), LAYOUTS[layout]
    stride = changes.get("motion_stride", 1)
    for number, utterance_id in enumerate(IDS):  # one frame more or fewer than the recording has
        add_utterance(utterance_id, rows=round(0.4 * changes["fps"] * stride) + number - 2, root=root)
    results = build_run(root, **changes)
    export_corpus(results, root, RUN, tmp_path / "out")
    before, after = opened(root, **changes), opened(tmp_path / "out", fps=changes["fps"])
    assert before.summary() == after.summary()
    for subject, template in before.templates.items():
        assert np.array_equal(after.templates[subject], template)
    again = examined(after)
    for utterance_id, one in examined(before).items():
        other = again[utterance_id]
        assert (one.status, other.status) == ("ok", "ok")
        assert one.motion is not None
        assert other.motion is not None
        assert replace(other, motion=one.motion, digest=one.digest) == one
        stored = np.load(root / one.motion.path)[::stride][: one.n_frames]
        assert np.load(tmp_path / "out" / other.motion.path).tobytes() == stored.tobytes()
        assert np.array_equal(
            motion.vertices(other.motion, tmp_path / "out", n_frames=one.n_frames)[0], stored[0].reshape(-1, 3)
        )


def test_key_frames_are_those_of_the_run(built: Exporting, tmp_path: Path) -> None:
    root, results = built
    export_corpus(results, root, RUN, tmp_path / "out")
    rows = [row for path in (results / "keyframes" / RUN).glob("*.parquet") for row in KEY_FRAMES.read(path)]
    clips = clips_of(tmp_path / "out")
    assert sorted(clips) == sorted(IDS)
    for row in rows:
        array = np.load(tmp_path / "out" / "key_frames" / f"{row['utterance_id']}.npy")
        clip = clips[row["utterance_id"]]
        assert (array.dtype, array.tolist()) == (np.int32, row["key_frames"])
        assert {column: clip[column] for column in ("key_frames", "source", "fps", "n_frames")} == {
            "key_frames": row["key_frames"],
            "source": "phoneme",
            "fps": 25.0,
            "n_frames": 10,
        }


def faceformer_data(folder: Path, subjects: dict[str, set[str]], sentences: dict[str, range]) -> dict[str, list[Any]]:
    """What FaceFormer's loader makes of a folder: recordings with their motion and template, by split."""
    templates = pickle.loads((folder / "templates.pkl").read_bytes(), encoding="latin1")
    found = defaultdict(list)
    for place, _, names in os.walk(folder / "wav"):
        for name in (one for one in names if one.endswith("wav")):
            stem = name.split(".")[0]
            subject, sentence = "_".join(stem.split("_")[:-1]), int(stem[-2:])
            vertices = np.load(folder / "vertices_npy" / name.replace("wav", "npy"), allow_pickle=False)
            for split, members in subjects.items():
                if subject in members and sentence in sentences[split]:
                    sound = decode(Path(place, name))
                    found[split].append((name, sound, vertices, templates[subject].reshape(-1)))
    return found


def test_faceformers_loader_reads_it(built: Exporting, tmp_path: Path) -> None:
    root, results = built
    export_corpus(results, root, RUN, tmp_path / "out")
    subjects = {"train": {"ann", "ben"}, "test": {"ben"}}
    found = faceformer_data(tmp_path / "out", subjects, {"train": range(1, 2), "test": range(2, 4)})
    assert {split: sorted(name for name, *_ in items) for split, items in found.items()} == {
        "train": ["ann_sentence01.wav", "ben_sentence01.wav"],
        "test": ["ben_sentence02.wav"],
    }
    for _, sound, vertices, template in (item for items in found.values() for item in items):
        assert (sound.shape, vertices.dtype, vertices.shape) == ((6400,), np.float32, (10, 36))
        assert (vertices - template).shape == (10, 36)


def test_failed_utterances_are_listed_and_fallbacks_are_marked(
    build_corpus: Callable[..., Path], build_run: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus(*IDS)
    (root / "vertices_npy" / f"{IDS[0]}.npy").unlink()
    results = build_run(root, unaligned=(IDS[1],))
    (root / "wav" / f"{IDS[2]}.wav").unlink()
    np.save(root / "vertices_npy" / f"{IDS[3]}.npy", np.zeros((3, 36), np.float32))
    found = export_corpus(results, root, RUN, tmp_path / "out")
    excluded = excluded_of(tmp_path / "out")
    assert found.excluded == excluded
    assert sorted((row["utterance_id"], row["subject"], row["step"]) for row in excluded) == [
        (IDS[0], "ann", "prepare"),
        (IDS[2], "ann", "export"),
        (IDS[3], "ben", "export"),
    ]
    messages = " ".join(row["message"] for row in excluded)
    for part in ("has a recording and no motion", "there is no such file", "has 3 frames, 10 are expected"):
        assert part in messages
    assert str(root) not in messages
    clips = clips_of(tmp_path / "out")
    assert {stem: clip["source"] for stem, clip in clips.items()} == {IDS[1]: "fallback", IDS[4]: "phoneme"}
    assert "has no TextGrid" in clips[IDS[1]]["message"]
    assert found.fallbacks == 1
    for folder, suffix in (("wav", "wav"), ("vertices_npy", "npy"), ("key_frames", "npy"), ("transcripts", "txt")):
        assert listing(tmp_path / "out" / folder) == [f"{IDS[1]}.{suffix}", f"{IDS[4]}.{suffix}"]
    assert listing(tmp_path / "out" / "textgrids") == [f"{IDS[4]}.TextGrid"]


def test_textgrids_are_what_the_key_frames_come_from(built: Exporting, tmp_path: Path) -> None:
    root, results = built
    for path in (results / "alignments" / "reference.own").glob("*.parquet"):  # as a correction leaves it
        rows = [row | {"label": "D"} if row["label"] == "T" else row for row in ALIGNMENTS.read(path)]
        ALIGNMENTS.write(path, rows)
    export_corpus(results, root, RUN, tmp_path / "out")
    found = read_textgrid(tmp_path / "out" / "textgrids" / f"{IDS[0]}.TextGrid")
    assert [one for one in found.words if one.label] == list(WORDS)
    assert [one for one in found.phones if one.label] == [*PHONES[:2], replace(PHONES[2], label="D")]
    assert found.duration_s == 0.4


def test_an_audio_corpus_has_no_vertices_and_no_templates(
    build_corpus: Callable[..., Path], build_run: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus(*IDS, motion=False)
    export_corpus(build_run(root, transcripts=False), root, RUN, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "excluded.csv",
        "key_frames",
        "key_frames.json",
        "splits.json",
        "textgrids",
        "wav",
    ]
    assert {one.n_frames for one in examined(opened(tmp_path / "out")).values()} == {10}


@pytest.mark.parametrize("odd", ["Jürgen_a b 01", "ann_50%", "ann_a%20b", "ann_v1.2", "日本_01"])
def test_odd_ids_come_back(
    odd: str, build_corpus: Callable[..., Path], build_run: Callable[..., Path], tmp_path: Path
) -> None:
    root = build_corpus(*IDS, odd)
    templates = {subject: np.ones((12, 3)) for subject in ("ann", "ben", odd.rpartition("_")[0])}
    (root / "templates.pkl").write_bytes(pickle.dumps(templates, 2))
    (root / "transcripts" / f"{odd}.txt").write_text("ein Hörbuch", encoding="utf-8")
    export_corpus(build_run(root), root, RUN, tmp_path / "out")
    after = opened(tmp_path / "out")
    assert odd in after.utterance_ids
    found = after.examine(odd)
    assert (found.status, found.transcript) == ("ok", "ein Hörbuch")
    assert clips_of(tmp_path / "out")[odd]["n_frames"] == 10


def test_what_lies_at_the_output_is_never_deleted(built: Exporting, tmp_path: Path) -> None:
    root, results = built
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    (tmp_path / "file").write_text("")
    for name, message in (("mine", "a folder that holds something already"), ("file", "a file")):
        with pytest.raises(ArtefactError, match=f"{name}: is {message}; give a new folder"):
            export_corpus(results, root, RUN, tmp_path / name)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years"
    (tmp_path / "empty").mkdir()
    export_corpus(results, root, RUN, tmp_path / "empty")
    assert (tmp_path / "empty" / "README.md").is_file()


def test_what_comes_to_lie_there_meanwhile_is_not_deleted_either(
    built: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, results = built

    def slow_readme(*_: object) -> str:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.tex").write_text("years")
        return ""

    monkeypatch.setattr(room, "readme", slow_readme)
    with pytest.raises(ArtefactError, match="holds something already"):
        export_corpus(results, root, RUN, tmp_path / "out")
    assert listing(tmp_path / "out") == ["thesis.tex"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError(28, "No space left on device")])
def test_an_interrupted_export_leaves_nothing(
    error: BaseException, built: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, results = built
    before, written = listing(tmp_path), []
    real = Path.write_bytes

    def break_off(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) == 8:
            raise error
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", break_off)
    with pytest.raises(ArtefactError if isinstance(error, OSError) else type(error)):
        export_corpus(results, root, RUN, tmp_path / "out")
    assert len(written) == 8
    assert listing(tmp_path) == before


def test_a_disk_without_room_is_found_before_anything_is_written(
    built: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, results = built
    before = listing(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(ArtefactError, match="will take about 0 MB, and 0 MB are free"):
        export_corpus(results, root, RUN, tmp_path / "a" / "out")
    assert listing(tmp_path) == before


def test_the_estimated_room_holds_the_export(built: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, results = built
    estimated = []
    monkeypatch.setattr(room, "bytes_of", lambda *given: estimated.append(bytes_of(*given)) or estimated[-1])
    export_corpus(results, root, RUN, tmp_path / "out")
    written = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert len(estimated) == len(IDS)
    assert written <= sum(estimated)


def test_another_root_is_an_error_that_asks_for_the_root(built: Exporting, tmp_path: Path) -> None:
    before = listing(tmp_path)
    with pytest.raises(
        ArtefactError, match=r"none of its 5 utterances can be exported; .*is .*none the corpus' root\?"
    ):
        export_corpus(built[1], tmp_path / "none", RUN, tmp_path / "out")
    assert listing(tmp_path) == before


def test_two_exports_are_equal_byte_for_byte(built: Exporting, tmp_path: Path) -> None:
    root, results = built
    for name in ("one", "two"):
        export_corpus(results, root, RUN, tmp_path / name)
    assert listing(tmp_path / "one") == listing(tmp_path / "two")
    for name in listing(tmp_path / "one"):
        if (tmp_path / "one" / name).is_file():
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
