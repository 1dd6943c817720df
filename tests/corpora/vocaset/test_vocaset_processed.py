"""VOCASET as FaceFormer's script leaves it, and what the user's FLAME files add to it and to the download."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpora.vocaset.published import TRAIN, published_ids
from kmtalk_align.corpus import Motion
from kmtalk_align.errors import CorpusError
from tests.corpora.vocaset.converted import block, convert, examined, motion_of
from tests.corpora.vocaset.made_download import ANN, FRAMES, RATE, Download, made_download
from tests.corpora.vocaset.python2_pickle import Global, dumps

TWO = f"{ANN}_sentence02"


def masks() -> dict[str, np.ndarray]:
    return {
        "lips": np.array([5, 3, 5]),
        "forehead": np.array([1, 2]),
        "eye_region": np.array([2, 0]),
        "neck": np.array([9]),
    }


def put_flame(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "FLAME_masks.pkl").write_bytes(dumps(masks(), 0))
    lines = [*(f"v {n} 0 0" for n in range(12)), "f 1 2 3", "f 2 3 4"]
    (folder / "head.obj").write_text("\n".join(lines))


def put_processed(made: Download, root: Path) -> Path:
    """The same as FaceFormer's script leaves it."""
    from scipy.io import wavfile

    for folder in ("wav", "vertices_npy"):
        (root / folder).mkdir(parents=True)
    for subject, sequences in made.table.items():
        for sequence, frames in sequences.items():
            wavfile.write(root / "wav" / f"{subject}_{sequence}.wav", RATE, made.audio[subject][sequence]["audio"])
            rows = made.vertices[list(frames.values())].reshape(len(frames), -1)
            np.save(root / "vertices_npy" / f"{subject}_{sequence}.npy", rows)
    (root / "templates.pkl").write_bytes(pickle.dumps(made.templates, 2))
    return root


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("processed", [True, False])
def test_regions_and_faces_come_from_the_users_flame_files(tmp_path: Path, processed: bool, beside: bool) -> None:
    root = tmp_path / "download"
    put_flame(root if beside else tmp_path / "flame")
    given = {"masks": str(tmp_path / "flame" / "FLAME_masks.pkl"), "template": str(tmp_path / "flame" / "head.obj")}
    if processed:
        config = block(put_processed(made_download(), root), **({} if beside else given))
    else:
        config = convert(made_download(), tmp_path, **({} if beside else given))
    corpus = config.open()
    assert corpus.regions == {"lips": [3, 5], "upper_face": [0, 1, 2]}
    assert corpus.faces is not None
    assert corpus.faces.tolist() == [[0, 1, 2], [1, 2, 3]]


def test_regions_go_where_the_masks_have_gone(tmp_path: Path) -> None:
    put_flame(tmp_path / "download")
    convert(made_download(), tmp_path)
    for name in ("FLAME_masks.pkl", "head.obj"):
        (tmp_path / "download" / name).unlink()
    corpus = convert(made_download(), tmp_path).open()
    assert (corpus.regions, corpus.faces) == ({}, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (dumps({"lips": Global("posix", "system", "true")}, 2), r"holds posix\.system, which could run code"),
        (dumps({"lips": Global("posix", "system", "true")}, 0), r"holds posix\.system, which could run code"),
        (dumps({**masks(), "lips": np.array([12])}, 2), "mask lips names vertices beyond the template's 12"),
        (dumps({**masks(), "lips": np.array([-1])}, 2), "mask lips names vertices beyond"),
        (dumps({**masks(), "forehead": np.array([0.5])}, 2), "holds no list of vertices 'forehead'"),
        (dumps({"lips": np.array([1])}, 2), "holds no list of vertices 'forehead'"),
        (dumps(3, 2), "holds no dict of region to vertices"),
        (b"no pickle", "is not a readable pickle"),
    ],
    ids=["command", "command, text", "beyond", "below", "floats", "no mask", "no dict", "no pickle"],
)
@pytest.mark.parametrize("processed", [True, False])
def test_masks_that_are_none_are_an_error_that_names_them(
    tmp_path: Path, content: bytes, message: str, processed: bool
) -> None:
    root = tmp_path / "download"
    config = block(put_processed(made_download(), root) if processed else made_download().write(root))
    (root / "FLAME_masks.pkl").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"FLAME_masks\.pkl: {message}"):
        (config.open if processed else lambda: config.convert(1))()


def test_masks_and_template_that_are_not_there_are_errors(tmp_path: Path) -> None:
    root = made_download().write(tmp_path / "download")
    with pytest.raises(CorpusError, match=r"nowhere\.pkl: is missing; correct the key masks"):
        block(root, masks=str(tmp_path / "nowhere.pkl")).convert(1)
    with pytest.raises(CorpusError, match=r"nowhere\.ply"):
        block(root, template=str(tmp_path / "nowhere.ply")).convert(1)


def test_the_processed_layout_needs_no_conversion_and_goes_first(tmp_path: Path) -> None:
    made = made_download()
    config = block(put_processed(made, made.write(tmp_path / "download")))
    assert not config.needs_conversion()
    found = examined(config)
    assert found[TWO].motion == Motion(f"vertices_npy/{TWO}.npy", 0, FRAMES, 2)
    assert (found[TWO].split, found[TWO].fps, found[TWO].n_frames) == ("train", 30.0, FRAMES // 2)
    np.testing.assert_array_equal(motion_of(config, found[TWO]), made.vertices[FRAMES : 2 * FRAMES : 2])
    missing = f"{TRAIN[1]}_sentence09"
    assert found[missing].message.startswith(f"{missing}: is missing from this copy of VOCASET")
    assert len(found) == len(published_ids()) == 320 + 40 + 40
