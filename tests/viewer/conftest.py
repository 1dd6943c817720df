"""Pages opened in a real browser; a page that reports an error or asks the network for anything fails."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.errors import ArtefactError, ConfigError
from kmtalk_model.animation import Animation
from kmtalk_model.viewer.build import build
from kmtalk_model.viewer.bundle import read_bundle
from kmtalk_model.viewer.page import page
from kmtalk_model.viewer.scene import Scene

# Notes, as each frame of the browser begins and before the page draws, the position of the sound.
_NOTE = """
  const note = () => {
    window.begun = document.querySelector("audio")?.currentTime ?? 0;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
"""
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def bundle() -> str:
    """The viewer's JavaScript, built where it isn't."""
    try:
        return read_bundle()
    except ArtefactError:
        try:
            build()
        except ConfigError as error:
            pytest.skip(f"needs the viewer's bundle: {error}")
        return read_bundle()


@pytest.fixture
def open_page(bundle: str, browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of animations, from its file and offline; gives it when it is ready."""
    complaints: list[str] = []
    contexts = []

    def opened(*models: Animation, captured: Animation | None = None, width: int = 1000, height: int = 800) -> Any:
        path = tmp_path / "page.html"
        path.write_text(page(Scene.of(models, captured), bundle), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        context.add_init_script(_NOTE)
        found = context.new_page()
        found.set_default_timeout(60_000)
        found.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.on("request", lambda request: complaints.extend(_foreign(request.url, path)))
        found.goto(path.as_uri())
        found.wait_for_selector("body[data-ready]")
        return found

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def picture(shown: Any) -> NDArray[np.uint8]:
    """What a page or an element of it looks like, (height, width, 3)."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(shown.screenshot())).convert("RGB"))


def until(page: Any, condition: str) -> None:
    """Wait till a condition of JavaScript holds, a minute at most. (Playwright's way needs eval, which is barred.)"""
    held = page.evaluate(f"""async () => {{
        const end = performance.now() + 60000;
        while (!({condition}) && performance.now() < end) await new Promise(requestAnimationFrame);
        return {condition};
    }}""")
    assert held, condition


def _foreign(url: str, path: Path) -> list[str]:
    return [] if url == path.as_uri() or url.startswith("blob:") else [f"asks for {url}"]
