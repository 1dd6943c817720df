"""From the files that a person gives to the page that is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable, write_bytes
from kmtalk_model.open_animation import open_animations
from kmtalk_model.render.camera import View
from kmtalk_model.side_by_side import say_what_sound_lacks
from kmtalk_model.viewer.bundle import read_bundle
from kmtalk_model.viewer.page import facts, page
from kmtalk_model.viewer.scene import Scene


def write_page(
    results: Sequence[Path],
    output: Path,
    *,
    captured: Path | None = None,
    mesh: Path | None = None,
    fps: float | None = None,
    audio: Path | None = None,
    view: View | None = None,
) -> str:
    """Write the page of the animations in `results`, and of the captured motion; gives what was written, in a line.

    mesh, fps: of the .npy files among them; audio: in place of the animations' own; view: from where the faces are
    seen at first. Raises ConfigError for a suffix other than .html, ArtefactError where the viewer is not built or the
    page can't be written, and what opening and putting together animations raises.
    """
    if output.suffix != ".html":
        raise ConfigError("a page is written as .html", where=output, fix=f"name it {output.stem}.html")
    check_writable(output)
    bundle = read_bundle()
    opened = open_animations([*results, *([captured] if captured else [])], mesh=mesh, fps=fps, audio=audio)
    scene = Scene.of(opened[: len(results)], opened[-1] if captured else None, view)
    say_what_sound_lacks(scene.animations[0])
    content = page(scene, bundle).encode()
    write_bytes(output, content)
    return f"{output}: {facts(scene)}; positions within {scene.bound}; {len(content) / 1e6:.1f} MB"
