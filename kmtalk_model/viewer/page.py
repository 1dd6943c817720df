"""The page itself: one HTML file that asks for nothing else, and that runs no script but the bundle.

Names, words and phones come from users and end up in a file that others open: they are escaped, and a Content Security
Policy allows the bundle's own bytes alone, and no network.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmtalk_align.page import render
from kmtalk_model.viewer.packing import pack, pack_faces, pack_motion
from kmtalk_model.viewer.scene import Scene
from kmtalk_model.viewer.sound import flac

_TEMPLATES = Path(__file__).with_name("templates")
# They could end a script element, or begin a comment in it, or are line ends to JavaScript alone.
_ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}


def page(scene: Scene, bundle: str) -> str:
    """The HTML of a scene. Raises AudioError where its recording can't be decoded."""
    style = (_TEMPLATES / "viewer.css").read_text(encoding="utf-8")
    return render(
        "kmtalk_model.viewer",
        "viewer.html.j2",
        title=scene.title,
        facts=facts(scene),
        policy=policy(bundle, style),
        style=style,
        about=escaped_json(scene.about()),
        blocks=list(_blocks(scene)),
        bundle=bundle,
    )


def facts(scene: Scene) -> str:
    """What is shown, in a line."""
    first = scene.animations[0]
    names = [label for one, label in zip(scene.animations, scene.labels, strict=True) if one is not scene.captured]
    shown = [", ".join(names), *([f"beside {scene.labels[-1]} motion"] if scene.captured else [])]
    frames = f"{first.n_frames:,} frame{'s' if first.n_frames != 1 else ''} at {first.fps:g} fps"
    size = [frames, f"{first.vertices.shape[1]:,} vertices", *([] if scene.sound else ["no sound"])]
    return " · ".join([" ".join(shown), *size])


def policy(bundle: str, style: str) -> str:
    """The Content Security Policy: this script, this style, sound from memory, and nothing from anywhere."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_digest(bundle)}'",
            f"style-src '{_digest(style)}'",
            "media-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            # No text ever becomes HTML: a browser that knows of it refuses innerHTML.
            "require-trusted-types-for 'script'",
        ]
    )


def escaped_json(value: Any) -> str:
    """JSON that is safe within a script element, whatever strings it holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def _blocks(scene: Scene) -> Iterator[tuple[str, str]]:
    """Everything large: the id of its element, and its content in base64."""
    yield "faces", pack_faces(scene.surface.faces)
    yield "skin", pack(scene.surface.colours.tobytes())
    for number, one in enumerate(scene.motions):
        yield f"motion-{number}", pack_motion(scene.grid.encode(one))
    if scene.sound:
        duration_s = scene.animations[0].duration_s
        yield "sound", base64.b64encode(flac(scene.sound, duration_s)).decode("ascii")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
