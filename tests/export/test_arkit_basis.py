from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError, MeshError
from kmtalk_model.export.arkit import SHAPES, arkit_name
from kmtalk_model.export.basis import Basis, load_basis
from tests.export.made_animations import HEAD, demo_head

NEUTRAL = np.random.default_rng(0).standard_normal((7, 3))
OPEN, CLOSE = np.random.default_rng(1).standard_normal((2, 7, 3))


def write_obj(path: Path, vertices: NDArray[np.float64]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"v {x:.9g} {y:.9g} {z:.9g}\n" for x, y, z in vertices) + "f 1 2 3\n")


def test_there_are_52_shapes_that_the_demo_head_has_all() -> None:
    assert len(set(SHAPES)) == 52
    basis = load_basis(HEAD)
    assert sorted(basis.shapes) == sorted(SHAPES)
    for name, shape in demo_head().shapes.items():
        np.testing.assert_array_equal(basis.shapes[name], shape)


@pytest.mark.parametrize("keys", [("shapes", "shape_names"), ("bs", "bs_names")])
def test_arrays_are_read_under_either_name(tmp_path: Path, keys: tuple[str, str]) -> None:
    arrays = {"neutral": NEUTRAL, keys[0]: np.stack([OPEN, CLOSE]), keys[1]: np.array(["JawOpen", "mouthClose"])}
    np.savez(tmp_path / "rig.npz", **arrays)
    basis = load_basis(tmp_path / "rig.npz")
    np.testing.assert_array_equal(basis.neutral, NEUTRAL)
    np.testing.assert_array_equal(basis.shapes["jawOpen"], OPEN)
    np.testing.assert_array_equal(basis.shapes["mouthClose"], CLOSE)


@pytest.mark.parametrize("kind", ["obj", "OBJ"])
def test_a_folder_of_meshes_holds_faces_not_offsets(tmp_path: Path, kind: str) -> None:
    for name, vertices in (("Neutral", NEUTRAL), ("jawOpen", NEUTRAL + OPEN), ("eyeBlink_L", NEUTRAL + CLOSE)):
        write_obj(tmp_path / "rig" / f"{name}.{kind}", vertices)
    basis = load_basis(tmp_path / "rig")
    assert list(basis.shapes) == ["eyeBlinkLeft", "jawOpen"]
    np.testing.assert_allclose(basis.shapes["jawOpen"], OPEN, atol=1e-6)


def test_names_may_differ_in_case_and_in_how_they_say_the_side() -> None:
    assert arkit_name("EyeBlinkLeft") == arkit_name("eyeBlink_L") == arkit_name(" eyeblink_l ") == "eyeBlinkLeft"
    assert arkit_name("browInnerUp_L") is None
    assert arkit_name("smile") is None


def test_halves_of_one_shape_are_added_and_other_shapes_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = np.array(["browInnerUp_L", "browInnerUp_R", "PupilDilate_L"])
    np.savez(tmp_path / "rig.npz", neutral=NEUTRAL, bs=np.stack([OPEN, CLOSE, OPEN]), bs_names=names)
    with caplog.at_level(logging.WARNING):
        basis = load_basis(tmp_path / "rig.npz")
    np.testing.assert_allclose(basis.shapes["browInnerUp"], OPEN + CLOSE)
    assert list(basis.shapes) == ["browInnerUp"]
    assert "left out, since ARKit has no such shapes: PupilDilate_L" in caplog.text


@pytest.mark.parametrize(("factor", "to"), [(1.0, 1.3), (0.01, 0.01), (0.001, 0.0014), (100.0, 60.0)])
def test_the_unit_is_told_by_the_size(
    factor: float, to: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    basis = Basis(NEUTRAL, {"jawOpen": OPEN}, tmp_path / "rig.npz")
    with caplog.at_level(logging.WARNING):
        found = basis.scaled_to(to * NEUTRAL + 5)
    np.testing.assert_allclose(found.shapes["jawOpen"], factor * OPEN)
    assert (f"scaled by {factor:g}, to the animation's unit" in caplog.text) == (factor != 1)


def test_a_size_that_no_unit_explains_is_refused(tmp_path: Path) -> None:
    basis = Basis(NEUTRAL, {"jawOpen": OPEN}, tmp_path / "rig.npz")
    for template in (3.2 * NEUTRAL, np.zeros((7, 3)), 1e7 * NEUTRAL):
        with pytest.raises(ConfigError, match=r"rig.npz: its face is .* across"):
            basis.scaled_to(template)
    with pytest.raises(ConfigError, match="the basis has 7 vertices, the animation 6; give a basis on the animation's"):
        basis.scaled_to(NEUTRAL[:6])


def test_what_is_no_basis_is_refused_by_name(tmp_path: Path) -> None:
    shapes, names = np.stack([OPEN, OPEN]), np.array(["jawOpen", "JawOpen"])
    made = {
        "twice": {"neutral": NEUTRAL, "shapes": shapes, "shape_names": names},
        "names": {"neutral": NEUTRAL, "shapes": shapes, "shape_names": names[:1]},
        "other": {"neutral": NEUTRAL[:5], "shapes": shapes, "shape_names": names},
        "nan": {"neutral": NEUTRAL, "shapes": shapes * np.nan, "shape_names": names},
        "none": {"neutral": NEUTRAL, "shapes": shapes, "shape_names": np.array(["a", "b"])},
        "lacks": {"neutral": NEUTRAL},
    }
    said = {
        "twice": "has jawOpen twice",
        "names": "is no basis of shapes",
        "other": "is no basis of shapes",
        "nan": "NaN",
        "none": "none of its shapes is one of ARKit's",
        "lacks": "is no basis of shapes",
    }
    for name, arrays in made.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(ConfigError, match=f"{name}.npz: .*{said[name]}"):
            load_basis(tmp_path / f"{name}.npz")
    for path in (tmp_path / "gone.npz", HEAD.with_name("README.md")):
        with pytest.raises(ConfigError, match="is no basis of shapes"):
            load_basis(path)


def test_a_folder_that_is_no_basis_is_refused_by_name(tmp_path: Path) -> None:
    write_obj(tmp_path / "rig" / "jawOpen.obj", NEUTRAL)
    with pytest.raises(ConfigError, match=r"rig: holds no neutral.obj"):
        load_basis(tmp_path / "rig")
    write_obj(tmp_path / "rig" / "neutral.obj", NEUTRAL[:6])
    with pytest.raises(MeshError, match=r"jawOpen.obj: has 7 vertices, and neutral has 6"):
        load_basis(tmp_path / "rig")
    (tmp_path / "rig" / "jawOpen.obj").write_text("v 1 2\nv a b c\n")
    with pytest.raises(MeshError, match=r"jawOpen.obj: is not a readable mesh"):
        load_basis(tmp_path / "rig")


def test_a_face_of_no_size_is_refused() -> None:
    basis = Basis(np.zeros((7, 3)), {"jawOpen": OPEN}, Path("rig.npz"))
    with pytest.raises(ConfigError, match="its face is 0 across"):
        basis.scaled_to(NEUTRAL)


@pytest.mark.parametrize("changes", [{"neutral": np.full((7, 3), np.nan)}, {"shapes": 1e300 * OPEN[None]}])
def test_numbers_that_are_no_places_are_refused(tmp_path: Path, changes: dict[str, NDArray[np.float64]]) -> None:
    arrays = {"neutral": NEUTRAL, "shapes": OPEN[None], "shape_names": np.array(["jawOpen"])}
    np.savez(tmp_path / "rig.npz", **(arrays | changes))
    with pytest.raises(ConfigError, match="NaN, infinite or senselessly large"):
        load_basis(tmp_path / "rig.npz")
