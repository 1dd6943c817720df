"""Motion as later steps read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.corpus import Motion
from kmtalk_align.errors import ArtefactError
from kmtalk_align.motion import vertices


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize(("first", "rows", "stride"), [(0, 20, 1), (3, 10, 1), (1, 19, 2), (5, 15, 3)])
def test_rows_stride_and_cut_are_those_of_slicing(
    tmp_path: Path, flat: bool, first: int, rows: int, stride: int
) -> None:
    stored = np.arange(20 * 4 * 3, dtype=np.float32).reshape(20, 4, 3)
    np.save(tmp_path / "a.npy", stored.reshape(20, 12) if flat else stored)
    expected = stored[first : first + rows][::stride]
    found = vertices(Motion("a.npy", first, rows, stride), tmp_path, n_frames=len(expected) - 1)
    assert np.array_equal(found, expected[:-1])
    assert isinstance(found.base, np.memmap) or isinstance(found, np.memmap)


def test_a_file_that_is_gone_or_shorter_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"a\.npy: cannot be read"):
        vertices(Motion("a.npy", 0, 2, 1), tmp_path, n_frames=2)
    np.save(tmp_path / "a.npy", np.zeros((3, 12), np.float32))
    with pytest.raises(ArtefactError, match=r"a\.npy: has 3 frames, 4 are expected"):
        vertices(Motion("a.npy", 0, 4, 1), tmp_path, n_frames=4)
