from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.errors import AnimationError
from kmtalk_model.export.arkit import SHAPES
from kmtalk_model.export.live_link import frame_of_timecode, read_live_link, timecode, write_live_link
from tests.export.made_animations import made_weights

# As the app writes it.
HEADER = """
Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,EyeSquintLeft,
EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,
JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,
MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,MouthStretchRight,
MouthRollLower,MouthRollUpper,MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,
MouthLowerDownRight,MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,
BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,
HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll
""".replace("\n", "")


def test_it_is_written_as_the_app_does(tmp_path: Path) -> None:
    write_live_link(tmp_path / "take.csv", {"jawOpen": np.array([0.25, 1.0])}, 30.0)
    header, first, second = (tmp_path / "take.csv").read_text().splitlines()
    assert header == HEADER
    assert first.startswith("00:00:00:00.000,61,0.0000000000,")
    assert second.split(",")[header.split(",").index("JawOpen")] == "1.0000000000"
    assert {len(first.split(",")), len(second.split(",")), len(header.split(","))} == {63}


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    weights = made_weights(list(SHAPES), 70)
    write_live_link(tmp_path / "take.csv", weights, 25.0)
    take = read_live_link(tmp_path / "take.csv")
    assert sorted(take.weights) == sorted(SHAPES)
    for name, values in weights.items():
        np.testing.assert_allclose(take.weights[name], values, atol=6e-11)
    assert len(take.turns) == 9
    assert not np.any(list(take.turns.values()))
    assert [frame_of_timecode(one, 25.0) for one in take.timecodes] == list(range(70))
    assert take.timecodes[26] == "00:00:01:01.000"


def test_shapes_that_are_not_given_are_nought(tmp_path: Path) -> None:
    write_live_link(tmp_path / "take.csv", {"jawOpen": np.full(3, 0.5)}, 60.0)
    take = read_live_link(tmp_path / "take.csv")
    assert len(take.weights) == 52
    assert not take.weights["tongueOut"].any()
    np.testing.assert_array_equal(take.weights["jawOpen"], 0.5)


@given(frame=st.integers(0, 20_000_000), fps=st.sampled_from([1.0, 12.5, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0]))
def test_timecodes_count_every_frame(frame: int, fps: float) -> None:
    code = timecode(frame, fps)
    assert frame_of_timecode(code, fps) == frame
    _, minutes, seconds, rest = code.split(":")
    assert int(minutes) < 60
    assert int(seconds) < 60
    assert float(rest) < round(fps)
    assert timecode(frame + 1, fps) > code or len(timecode(frame + 1, fps)) > len(code)


def test_a_take_of_the_app_is_read(tmp_path: Path) -> None:
    """Its columns' case and order have changed over time, and its timecodes have fractions of frames."""
    path = tmp_path / "take.csv"
    path.write_text("\ufeffTimecode,BlendshapeCount,HeadYaw,jawOpen\r\n10:00:01:07.250,61,-0.5,0.125\r\n\r\n", "utf-8")
    take = read_live_link(path)
    assert take.weights["jawOpen"].tolist() == [0.125]
    assert take.turns["HeadYaw"].tolist() == [-0.5]
    assert frame_of_timecode(take.timecodes[0], 60.0) == 36_001 * 60 + 7.25


@pytest.mark.parametrize(
    "text",
    ["", "a,b,c\n1,2,3\n", HEADER + "\n00:00:00:00.000,61,0.5\n", "Timecode,BlendShapeCount,JawOpen\n0,61,wide\n"],
)
def test_what_is_no_take_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "take.csv").write_text(text)
    with pytest.raises(AnimationError, match=r"take.csv: is no CSV of Live Link Face"):
        read_live_link(tmp_path / "take.csv")
    with pytest.raises(AnimationError, match="is no CSV of Live Link Face"):
        read_live_link(tmp_path / "gone.csv")
    with pytest.raises(AnimationError, match=r"'1:2:3' is no timecode"):
        frame_of_timecode("1:2:3", 30)
