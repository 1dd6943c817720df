from __future__ import annotations

import numpy as np
import pytest

from kmtalk_align.errors import AnimationError
from kmtalk_model.side_by_side import cut_to_shortest, error_scale, matched, vertex_error
from tests.test_animation import T, V, animation


def test_the_longer_is_cut_and_its_key_frames_with_it(caplog: pytest.LogCaptureFixture) -> None:
    short = animation(name="short", vertices=animation().vertices[: T - 1], key_frames=np.array([0, 3], np.int32))
    long, cut = cut_to_shortest([animation(name="long"), short])
    assert (long.n_frames, long.key_frames.tolist(), cut.n_frames) == (T - 1, [0, 3], T - 1)
    np.testing.assert_array_equal(long.vertices, animation().vertices[: T - 1])
    assert "long: cut from 6 to 5" in caplog.text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fps": 30.0}, "frames a second"),
        ({"unit": "cm"}, "in cm"),
        ({"vertices": np.zeros((3, V, 3), np.float32), "key_frames": np.zeros(0, np.int32)}, "same speech"),
        (
            {
                "vertices": np.zeros((T, V + 1, 3), np.float32),
                "template": np.zeros((V + 1, 3), np.float32),
            },
            f"{V + 1} vertices",
        ),
    ],
)
def test_what_cannot_stand_side_by_side_is_refused(changes: dict[str, object], why: str) -> None:
    with pytest.raises(AnimationError, match=why):
        cut_to_shortest([animation(name="one"), animation(name="other", **changes)])


def test_vertices_of_no_known_unit_may_stand_beside_any() -> None:
    assert len(cut_to_shortest([animation(unit="metre"), animation(unit="")])) == 2


def test_the_error_is_the_distance_of_each_vertex() -> None:
    one, other = animation(), animation(vertices=animation().vertices + np.float32([3, 4, 0]))
    np.testing.assert_allclose(vertex_error(one, other), np.full((T, V), 5.0), rtol=1e-5)
    assert vertex_error(one, one).max() == 0


def test_the_scale_ends_near_the_largest_error_of_all_and_never_at_nought() -> None:
    errors = np.arange(1001, dtype=np.float32).reshape(1, -1)
    assert error_scale([errors, errors / 2]) == pytest.approx(990)
    assert error_scale([np.zeros((2, 3), np.float32)]) == 1.0


def test_what_one_knows_of_mesh_and_speech_serves_the_other_but_not_its_key_frames() -> None:
    known = animation(name="known", regions={"lips": (0, 1)}, key_frames=np.array([2], np.int32))
    bare = animation(
        name="bare",
        **{"unit": "", "faces": np.zeros((0, 3), np.int32), "regions": {}, "words": (), "phones": ()},
        key_frames=np.zeros(0, np.int32),
    )
    assert known.words
    assert known.phones
    for pair in ([bare, known], [known, bare]):
        found = {one.name: one for one in matched(pair)}
        for name in ("unit", "regions", "words", "phones"):
            assert getattr(found["bare"], name) == getattr(known, name) == getattr(found["known"], name)
        np.testing.assert_array_equal(found["bare"].faces, known.faces)
        assert (found["bare"].key_frames.tolist(), found["known"].key_frames.tolist()) == ([], [2])
