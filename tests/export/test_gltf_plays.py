"""glTF files as others see them: the Khronos validator, and three.js in a real Chromium."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.export.gltf import write_gltf
from kmtalk_model.export.gltf_read import read_gltf
from tests.export.gltf_tools import GltfTools, gltf_tools
from tests.export.made_animations import made_weights, sheet, talking_head

pytestmark = pytest.mark.xdist_group("browser")
_SIDE = 480
_BACKGROUND = np.array([223, 227, 232])


@pytest.fixture(scope="module")
def tools() -> GltfTools:
    try:
        return gltf_tools()
    except ConfigError as error:
        pytest.skip(f"needs Node.js with npm: {error}")


def test_the_validator_finds_nothing(tools: GltfTools, tmp_path: Path) -> None:
    wave = sheet()
    kinds = {
        "wave.glb": wave,
        "wave.gltf": wave,
        "one_colour.glb": replace(wave, regions={}),
        "one_frame.glb": replace(wave, vertices=wave.vertices[:1], key_frames=wave.key_frames[:1]),
        "still.glb": replace(wave, vertices=np.repeat(wave.template[None], 11, axis=0)),
        "cloud.glb": replace(wave, faces=np.zeros((0, 3), np.int32)),
        "lone_vertex.glb": replace(wave, faces=wave.faces[:3]),
        "head.glb": talking_head(made_weights(["jawOpen", "mouthPucker"], 10)),
    }
    for name, animation in kinds.items():
        write_gltf(animation, tmp_path / name)
    found = tools.validate(*(tmp_path / name for name in kinds))
    silence = {"numErrors": 0, "numWarnings": 0, "numInfos": 0, "numHints": 0, "messages": [], "truncated": False}
    assert dict(zip(kinds, found, strict=True)) == dict.fromkeys(kinds, silence)


def test_the_validator_is_awake(tools: GltfTools, tmp_path: Path) -> None:
    write_gltf(sheet(), tmp_path / "sheet.gltf")
    text = (tmp_path / "sheet.gltf").read_text()
    (tmp_path / "sheet.gltf").write_text(text.replace('"LINEAR"', '"STRAIGHT"'))
    (found,) = tools.validate(tmp_path / "sheet.gltf")
    assert found["numErrors"] + found["numWarnings"] > 0


@pytest.fixture(scope="module")
def head() -> Animation:
    return talking_head(made_weights(["jawOpen", "mouthPucker", "browInnerUp", "eyeBlinkLeft", "mouthSmileLeft"], 25))


def test_it_plays_in_a_browser(
    tools: GltfTools,
    browser: Any,
    head: Animation,
    tmp_path: Path,
    screenshots: Path,
    record_property: Callable[..., None],
) -> None:
    write_gltf(head, tmp_path / "head.glb")
    read = read_gltf(tmp_path / "head.glb")
    (tmp_path / "page.html").write_text(tools.page(tmp_path / "head.glb"), encoding="utf-8")
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": _SIDE, "height": _SIDE})
    page.set_default_timeout(60_000)
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("player.targets") == list(read.components.names)
    assert page.evaluate("player.duration") == pytest.approx(24 / 25)
    assert page.evaluate("player.told.fps") == 25

    shown = {}
    for frame in (0, 8, 17, 24):
        weights = page.evaluate("(seconds) => player.show(seconds)", frame / 25 - 1e-7 * (frame == 24))
        np.testing.assert_allclose(weights, read.components.weights[frame], atol=1e-4)
        vertices = np.array(page.evaluate("player.vertices()")).reshape(-1, 3)
        off = np.linalg.norm(vertices - head.vertices[frame], axis=1).max()
        assert off <= read.told["tolerance_m"] + 1e-6
        path = screenshots / f"gltf_head_{frame:02}.png"
        shown[frame] = _picture(page, path)
        record_property("screenshot", str(path))
    # Between two frames weights go straight from one to the next.
    weights = page.evaluate("player.show(8.5 / 25)")
    np.testing.assert_allclose(weights, read.components.weights[8:10].mean(axis=0), atol=1e-4)
    assert complaints == []
    page.close()

    face = {frame: (np.abs(one.astype(int) - _BACKGROUND) > 8).any(axis=2) for frame, one in shown.items()}
    for frame, one in shown.items():
        assert 0.1 < face[frame].mean() < 0.6
        # Lit, of the colour of skin, and not evenly: neither black nor flat.
        skin = one[face[frame]].mean(axis=0)
        assert skin[0] > skin[1] > skin[2] > 60
        assert one[face[frame]].std() > 15
    assert (shown[0] != shown[8]).any(axis=2).mean() > 0.01
    assert (shown[8] != shown[17]).any(axis=2).mean() > 0.01


def _picture(page: Any, path: Path) -> NDArray[np.uint8]:
    """What the page looks like, (height, width, 3), kept for people to look at."""
    from PIL import Image

    content = page.screenshot()
    path.write_bytes(content)
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
