from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from kmtalk_model.viewer.grid import Grid
from kmtalk_model.viewer.packing import pack_faces, pack_motion

_shapes = array_shapes(min_dims=2, max_dims=2, max_side=5).map(lambda shape: (*shape, 3))
_motions = arrays(np.float32, _shapes, elements=st.floats(-1e6, 1e6, width=32))
_codes = arrays(np.uint16, _shapes)


@given(_motions, _motions)
def test_no_coordinate_moves_by_more_than_the_bound(one: NDArray[np.float32], other: NDArray[np.float32]) -> None:
    grid = Grid.around([one, other])
    for motion in (one, other):
        moved = np.abs(grid.decode(grid.encode(motion)) - motion)
        # What float64 itself rounds comes on top.
        assert moved.max() <= grid.bound * (1 + 1e-6) + 1e-9
        assert np.all((motion - grid.origin) / grid.side <= np.array(grid.box) + 1e-9)


def test_the_bound_is_under_a_hundredth_of_a_millimetre_for_a_head() -> None:
    head = np.array([[[0, 0, 0], [0.16, 0.27, 0.21]]], np.float32)
    grid = Grid.around([head])
    assert grid.bound == pytest.approx(0.27 / 65_535 / 2)
    assert grid.bound < 1e-5
    assert grid.box == pytest.approx((0.16 / 0.27, 1, 0.21 / 0.27))


def test_points_on_each_other_have_a_place() -> None:
    grid = Grid.around([np.full((2, 3, 3), 7, np.float32)])
    assert np.all(grid.decode(grid.encode(np.full((2, 3, 3), 7, np.float32))) == 7)
    assert grid.box == (0, 0, 0)


@given(_codes)
def test_packed_motion_is_read_back(codes: NDArray[np.uint16]) -> None:
    np.testing.assert_array_equal(unpacked(pack_motion(codes), codes.shape), codes)


def test_steady_motion_packs_small() -> None:
    ramp = np.arange(200, dtype=np.uint16)[:, None, None] * np.arange(300, dtype=np.uint16).reshape(1, 100, 3)
    assert len(pack_motion(ramp)) < ramp.nbytes / 20


def test_faces_are_little_endian_numbers() -> None:
    content = zlib.decompress(base64.b64decode(pack_faces(np.array([[0, 1, 70_000]], np.int32))))
    assert content == bytes([0, 0, 0, 0, 1, 0, 0, 0, 0x70, 0x11, 1, 0])


def unpacked(text: str, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """As data.js reads it, number by number."""
    content = zlib.decompress(base64.b64decode(text))
    count, row = len(content) // 2, shape[1] * 3
    codes: list[int] = []
    for i in range(count):
        folded = content[i] | content[count + i] << 8
        step = (folded >> 1) ^ -(folded & 1)
        codes.append(((codes[i - row] if i >= row else 0) + step) % 65_536)
    return np.array(codes, np.uint16).reshape(shape[0], 3, shape[1]).transpose(0, 2, 1)
