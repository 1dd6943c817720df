"""Weights that were tracked on real speech drive a head; `kmtalk export` finds them again in its vertices alone."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_model.animation import Animation
from kmtalk_model.cli import app
from kmtalk_model.export.live_link import frame_of_timecode, read_live_link

CLIPS = 3
# These hardly move a vertex of the rig's eyes, and go with each other.
LOOKS = ("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight")


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rig")
    unpack = [sys.executable, str(shared_data.parent / "tools" / "unpack_grid468.py"), str(shared_data / "grid468")]
    rig = str(shared_data / "rigs" / "mh_arkit52_head.npz")
    limits = ["--split", "testA", "--limit", str(CLIPS), "--rig", rig]
    subprocess.run([*unpack, str(out), *limits], check=True, capture_output=True)
    return out


def test_the_tracked_weights_come_back(folder: Path, shared_data: Path, tmp_path: Path) -> None:
    """The basis is in centimetres and elsewhere in space, the motion in metres."""
    with np.load(folder / "mesh.npz") as mesh:
        faces, names = mesh["faces"], [str(one) for one in mesh["blendshape_names"]]
    templates = pickle.loads((folder / "templates.pkl").read_bytes())
    truths, founds = [], []
    for path in sorted((folder / "vertices_npy").glob("*.npy"))[:CLIPS]:
        template = templates[path.stem.partition("_")[0]]
        vertices = np.load(path).reshape(-1, *template.shape)
        keys = np.zeros(0, np.int32)
        clip = Animation(vertices, 25.0, template, faces, "metre", keys, "")
        clip.save(tmp_path / "clip.npz")
        rig = shared_data / "rigs" / "mh_arkit52_head.npz"
        output = tmp_path / f"{path.stem}.csv"
        app(["export", str(tmp_path / "clip.npz"), "-o", str(output), "--basis", str(rig)], standalone_mode=False)
        take = read_live_link(output)
        assert [frame_of_timecode(one, 25.0) for one in take.timecodes] == list(range(len(vertices)))
        truths.append(np.load(folder / "blendshapes_npy" / path.name))
        founds.append(np.stack([take.weights[name] for name in names], axis=1))
        # No weight of it was tracked, and no vertex of the rig is moved by it.
        assert not take.weights["tongueOut"].any()
    truth, found = np.concatenate(truths).astype(np.float64), np.concatenate(founds)
    off = np.abs(truth - found).max(axis=0)
    for number, name in enumerate(names):
        assert off[number] < (1e-5 if name in LOOKS else 1e-6), name
    # What moves at all goes as it was tracked.
    moving = truth.std(axis=0) > 1e-4
    assert moving.sum() > 40
    assert _correlation(truth[:, moving], found[:, moving]).min() > 0.9999


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    found: NDArray[np.float64] = (a * b).sum(axis=0) / np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    return found
