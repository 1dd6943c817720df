"""quality/premise.py: does the face move most at phone boundaries?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kmtalk_align.quality.premise import OFFSETS, Mesh, contrast, movement, pooled, premise_of
from kmtalk_align.quality.tables import PREMISE
from kmtalk_align.results import Results, Shard
from tests.made_results import regular_phones, shard, stepping_motion

ALL = Mesh("all vertices", None, None)
# Eight phones of 0.2 s after 0.2 s of silence, at 25 fps.
BOUNDARIES = list(range(5, 46, 5))


def test_the_lips_are_looked_at_where_the_corpus_names_them() -> None:
    corpus: dict[str, Any] = {"vertex_count": 9, "regions": {"lips": [1, 2]}, "mouth_opening": [3, 4]}
    assert Mesh.of(corpus) == Mesh("lips", (1, 2), (3, 4))
    assert Mesh.of(corpus | {"regions": {}, "mouth_opening": None}) == ALL
    assert Mesh.of({"vertex_count": 0}) is None


def test_speed_and_acceleration_are_those_of_a_parabola() -> None:
    fps = 25.0
    time = np.arange(20) / fps
    motion = np.zeros((20, 3, 3))
    motion[:, :, 0] = time[:, None] ** 2 * 3  # speed 6 t, acceleration 6
    motion[:, 2, 1] = 100 * np.sin(50 * time)  # outside the region
    found = movement(motion, Mesh("lips", (0, 1), None), fps)
    assert set(found) == {"speed", "acceleration"}
    assert found["speed"][1:-1] == pytest.approx(6 * time[1:-1])
    assert found["acceleration"][1:-1] == pytest.approx(6.0)
    assert np.isnan(found["speed"][[0, -1]]).all()


def test_the_mouth_opens_as_fast_as_its_lips_part() -> None:
    motion = np.zeros((10, 2, 3))
    motion[:, 1, 1] = np.arange(10) * 0.1
    motion += np.arange(10)[:, None, None]  # the head moves too
    assert movement(motion, Mesh("all vertices", None, (0, 1)), 10.0)["mouth opening"][1:-1] == pytest.approx(1.0)


def test_means_are_over_speech_alone() -> None:
    moves = np.full(60, 1000.0)
    moves[5:46] = 1.0
    moves[BOUNDARIES] = 3.0
    found = contrast(moves, BOUNDARIES)
    assert found is not None
    assert (found["boundary_frames"], found["other_frames"]) == (9, 32)
    assert (found["at_boundaries"], found["elsewhere"]) == (3.0, 1.0)
    assert found["at_uniform"] < 3.0


@pytest.mark.parametrize("lag", [-2, 0, 1])
def test_shifted_boundaries_find_where_the_face_moves(lag: int) -> None:
    moves = np.ones(60)
    moves[[frame + lag for frame in BOUNDARIES]] = 2.0
    found = contrast(moves, BOUNDARIES)
    assert found is not None
    # The boundaries are five frames apart, so the same shows again at lag - 5 and lag + 5.
    assert [offset for offset, value in zip(OFFSETS, found["at_offsets"], strict=True) if value > 1] == [
        offset for offset in OFFSETS if (offset - lag) % 5 == 0
    ]


def test_a_face_that_slows_down_does_not_seem_to_move_before_boundaries() -> None:
    found = contrast(np.linspace(2.0, 1.0, 60), BOUNDARIES)
    assert found is not None
    assert found["at_offsets"] == pytest.approx([1.0] * len(OFFSETS), abs=0.02)


@pytest.mark.parametrize("boundaries", [[], [5, 6], [0, 59], [5, 6, 7, 8]])
def test_too_few_frames_say_nothing(boundaries: list[int]) -> None:
    assert contrast(np.ones(60), boundaries) is None


def made(folder: Path, count: int, fast: list[int]) -> list[dict[str, Any]]:
    for place in range(count):
        name = f"clip{place:02d}"
        phones = regular_phones(8)
        shard(folder / "results", name, name, phones=phones, n_frames=50, fps=25.0, has_motion=True)
        np.save(folder / f"{name}.npy", stepping_motion(50, fast, seed=place))
    return rows(folder)


def rows(folder: Path) -> list[dict[str, Any]]:
    results = Results.open(folder / "results")
    shards = [Shard(results, name) for name in results.shards]
    return [row for one in shards for row in premise_of(one, ["asr.aligner"], folder, ALL)]


def test_motion_that_leaps_at_boundaries_bears_the_premise_out(tmp_path: Path) -> None:
    found = made(tmp_path, 6, BOUNDARIES)
    PREMISE.write(tmp_path / "premise.parquet", found)
    speed, acceleration = pooled(PREMISE.read(tmp_path / "premise.parquet"))
    assert (speed.quantity, acceleration.quantity, speed.ratios.n, speed.subjects) == ("speed", "acceleration", 6, 1)
    assert speed.ratios.low[0] > 1.5
    assert speed.ratios.low[2] > 1.2
    assert OFFSETS[int(np.argmax(speed.offsets.mean))] in (-5, 0, 5)


def test_motion_that_heeds_no_boundary_does_not(tmp_path: Path) -> None:
    (speed, _) = pooled(made(tmp_path, 20, []))
    assert speed.ratios.low[0] < 1 < speed.ratios.high[0]


def test_what_cannot_be_tested_is_a_row_that_says_why(tmp_path: Path) -> None:
    made(tmp_path, 4, BOUNDARIES)
    np.save(tmp_path / "clip00.npy", np.zeros((50, 4, 3)))
    (tmp_path / "clip01.npy").unlink()
    np.save(tmp_path / "clip02.npy", np.full((50, 4, 3), np.nan))
    shard(
        tmp_path / "results", "clip03", "clip03", source="fallback", message="no", n_frames=50, fps=25, has_motion=True
    )
    found = rows(tmp_path)
    messages = {row["utterance_id"]: row["message"] for row in found}
    assert {row["status"] for row in found} == {"failed"}
    assert messages["clip00"] == messages["clip02"] == "does not move, or its motion is not finite"
    assert messages["clip01"].startswith("clip01.npy: cannot be read")
    assert str(tmp_path) not in messages["clip01"]
    assert messages["clip03"] == "was not aligned"
    assert pooled(found) == []
    PREMISE.write(tmp_path / "premise.parquet", found)
