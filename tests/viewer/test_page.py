from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmtalk_align.aligners.base import Interval
from kmtalk_align.errors import AnimationError
from kmtalk_model.side_by_side import vertex_error
from kmtalk_model.viewer.page import escaped_json, facts, page
from kmtalk_model.viewer.scene import Scene, distinct
from tests.viewer.ruler import FRAMES, KEYS, moved, ruler
from tests.viewer.test_grid import unpacked

_BUNDLE = "/* the viewer */ start();"


class _Page(HTMLParser):
    """The elements of a page: their names, their attributes, and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        self._within = True

    def handle_endtag(self, tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.elements[-1][2].append(data)

    def text(self, tag: str, id_: str | None) -> str:
        """The text of the element of a name and an id."""
        [found] = [
            "".join(data) for name, attributes, data in self.elements if (name, attributes.get("id")) == (tag, id_)
        ]
        return found


@given(st.lists(st.dictionaries(st.text(max_size=9), st.text() | st.none(), max_size=3), max_size=3))
def test_no_text_ends_a_script(value: Any) -> None:
    text = escaped_json(value)
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert json.loads(text) == value


def test_the_page_needs_nothing_else(write_wav: Callable[..., Path]) -> None:
    sound = write_wav("tone.wav", np.zeros(48_000) + 0.1)
    found = _Page(page(Scene.of([ruler(sound)]), _BUNDLE))
    for tag, attributes, _ in found.elements:
        assert not {"src", "href", "style", "onload", "onclick"} & set(attributes), tag
    policy = next(a["content"] for _, a, _ in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        text = found.text(tag, None)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert [a.get("id") for t, a, _ in found.elements if t == "script"] == [
        "about", "faces", "skin", "motion-0", "sound", None,
    ]  # fmt: skip
    assert "http" not in page(Scene.of([ruler()]), _BUNDLE).replace("http-equiv", "")


def test_it_holds_the_motion_within_the_stated_bound() -> None:
    model, captured = moved(ruler(), (0, 0.001, 0), slice(0, 2), "model"), ruler(name="captured")
    scene = Scene.of([model], captured)
    found = _Page(page(scene, _BUNDLE))
    for number, animation in enumerate((model, captured)):
        codes = unpacked(found.text("script", f"motion-{number}"), animation.vertices.shape)
        assert np.abs(scene.grid.decode(codes) - animation.vertices).max() <= scene.grid.bound * (1 + 1e-6)
    assert scene.bound == "0.0016 mm"


def test_what_it_says_of_errors_is_side_by_sides() -> None:
    model, captured = moved(ruler(), (0, 0.001, 0), slice(0, 2), "model"), ruler(name="captured")
    about = Scene.of([model], captured).about()
    error = vertex_error(model, captured)
    np.testing.assert_allclose(about["animations"][0]["error"]["course"], error.mean(axis=1), rtol=1e-3)
    assert about["animations"][0]["error"]["mean"] == "0.5 mm"
    assert about["animations"][1] == {"name": "captured", "captured": True, "error": None}
    assert about["errors"]["marks"] == ["0 mm", "0.5 mm", "1 mm"]
    assert about["errors"]["colours"][0] == [0, 0, 4]
    assert len(about["errors"]["colours"]) == 256


def test_timing_leaves_silence_out_and_ends_with_the_animation() -> None:
    about = Scene.of([ruler(frames=40)]).about()
    assert about["phones"] == [[0.4, 0.7, "R"], [0.7, 1.0, "EH"], [1.0, 1.6, "S"]]
    assert about["words"][-1] == [1.0, 1.6, "sofa"]


def test_key_frames_are_told_apart_where_they_differ() -> None:
    other = ruler(name="uniform", key_frames=np.array([0, 37], np.int32), key_source="uniform")
    rows = Scene.of([ruler(), other], ruler(name="captured")).about()["keys"]
    assert rows == [
        {"of": ["ruler", "captured"], "source": "phoneme", "frames": list(KEYS)},
        {"of": ["uniform"], "source": "uniform", "frames": [0, 37]},
    ]


def test_the_title_says_what_is_said() -> None:
    assert Scene.of([ruler()]).title == "red sofa"
    assert Scene.of([ruler(words=(Interval(0, 1, " "),))]).title == "ruler"
    assert Scene.of([ruler(words=()), ruler(words=())]).title == "ruler, ruler (2)"
    scene = Scene.of([ruler()], ruler(name="captured"))
    assert facts(scene) == f"ruler beside captured motion · {FRAMES} frames at 25 fps · 4 vertices · no sound"


@given(st.lists(st.sampled_from(["a", "b", "a (2)"])))
def test_names_are_told_apart(names: list[str]) -> None:
    found = distinct(names)
    assert len(set(found)) == len(names)
    assert all(label.startswith(name) for label, name in zip(found, names, strict=True))


@pytest.mark.parametrize("other", [ruler(frames=50), ruler(squares=2), ruler(fps=30.0), ruler(unit="inch")])
def test_other_speech_or_another_mesh_is_an_error(other: Any) -> None:
    with pytest.raises(AnimationError):
        Scene.of([ruler(), other])
