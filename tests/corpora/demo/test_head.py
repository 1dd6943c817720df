"""head.py and the committed head: 52 shapes, lips that meet, regions that are where they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.corpora.demo.head import HEAD_FILE, Head, load_head
from kmtalk_align.errors import CorpusError
from tests.demo_face import opening_mm

ONE = np.ones(1)


def test_it_has_the_52_shapes_and_each_moves_something(head: Head) -> None:
    assert len(head.shapes) == 52
    assert all(shape.any() for shape in head.shapes.values())


def test_it_is_as_large_as_a_head_in_metres(head: Head) -> None:
    width, height, depth = np.ptp(head.neutral, axis=0)
    assert 0.13 < width < 0.2
    assert 0.2 < height < 0.3
    assert 0.17 < depth < 0.25


def test_its_neck_is_the_only_open_edge_of_the_skin(head: Head) -> None:
    edges = np.sort(head.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, uses = np.unique(edges, axis=0, return_counts=True)
    assert uses.max() == 2
    border = np.unique(unique[uses == 1])
    neck = head.neutral[border][:, 1] < -0.08
    assert neck.sum() > 20
    # The hulls of eyes, teeth and tongue are open inside the head alone: behind the skin of the face.
    assert head.neutral[border[~neck], 2].max() < head.neutral[:, 2].max() - 0.01


def test_the_mouth_is_closed_at_rest_and_opens_with_the_jaw(head: Head) -> None:
    assert opening_mm(head, head.neutral[None])[0] < 1.5
    opened = opening_mm(head, head.pose({"jawOpen": np.linspace(0.1, 1, 10)}))
    assert (np.diff(opened) > 2).all()
    assert opened[-1] > 30


def test_the_mouth_opening_is_measured_in_the_middle(head: Head) -> None:
    assert np.abs(head.neutral[list(head.mouth_opening), 0]).max() < 1e-6
    assert list(head.mouth_opening) in head.inner_lips.tolist()


def test_mouth_close_takes_back_what_the_jaw_opens(head: Head) -> None:
    closed = head.pose({"jawOpen": ONE, "mouthClose": ONE})
    gaps = [
        1000 * np.linalg.norm(v[head.inner_lips[:, 0]] - v[head.inner_lips[:, 1]], axis=-1)
        for v in (head.neutral, closed[0])
    ]
    assert np.abs(gaps[0] - gaps[1]).max() < 1.5


def test_a_pose_is_the_neutral_head_and_the_weighted_shapes(head: Head) -> None:
    weights = {"jawOpen": np.array([0.0, 0.25, 0.5]), "browInnerUp": np.array([0.0, 1.0, 0.125])}
    expected = head.neutral + sum(weight[:, None, None] * head.shapes[name] for name, weight in weights.items())
    assert head.pose(weights) == pytest.approx(expected, abs=1e-12)


def test_regions_are_where_they_are_said_to_be(head: Head, regions: dict[str, NDArray[np.int64]]) -> None:
    height = {name: head.neutral[indices, 1] for name, indices in regions.items()}
    assert height["lips"].max() < height["upper_face"].min()
    assert set(regions["lips"]) < set(regions["lower_face"])
    assert np.abs(height["eyes"]).max() < 0.02
    assert not set(regions["upper_face"]) & {*regions["lower_face"], *regions["eyes"], *regions["mouth_interior"]}
    assert set(regions["tongue"]) < set(regions["mouth_interior"])


@pytest.mark.parametrize(
    ("shape", "still"), [("eyeBlinkLeft", "lips"), ("browInnerUp", "lower_face"), ("jawOpen", "eyes")]
)
def test_a_shape_leaves_far_regions_alone(
    head: Head, regions: dict[str, NDArray[np.int64]], shape: str, still: str
) -> None:
    assert np.abs(head.shapes[shape][regions[still]]).max() < 2e-4


def test_left_is_the_heads_own_left(head: Head) -> None:
    moved = np.abs(head.shapes["eyeBlinkLeft"]).sum(axis=1)
    assert (moved * head.neutral[:, 0]).sum() > 0


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_damaged_head_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "head.npz").write_bytes(content)
    with pytest.raises(CorpusError, match=r"head\.npz: is not the demo's head"):
        load_head(tmp_path / "head.npz")


def test_the_head_is_small(demo_root: Path) -> None:
    assert (demo_root / HEAD_FILE).stat().st_size < 1_500_000


def test_no_frames_are_no_poses(head: Head) -> None:
    assert head.pose({"jawOpen": np.zeros(0)}).shape == (0, len(head.neutral), 3)
