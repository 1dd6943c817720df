"""`kmtalk render`: an animation as a video with sound, its phones running below."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable, new_file, refuse_input
from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.render.encoder import Encoder
from kmtalk_model.render.machine import check_drawing, check_encoding
from kmtalk_model.render.panels import Alone, Compared
from kmtalk_model.render.scene import BACKGROUND
from kmtalk_model.render.strip import Strip
from kmtalk_model.render.text import INK, draw_colour_bar, font, plain, shortened
from kmtalk_model.side_by_side import matched, say_what_sound_lacks
from kmtalk_model.unit import shown_length

_log = logging.getLogger(__name__)
HEIGHT = 512
# Of a panel: how wide it is by its height, one alone and one of three; the header's height by the panel's.
_ALONE, _OF_THREE, _HEADER = 1.25, 0.875, 0.086


def render_video(
    animation: Animation,
    output: Path,
    *,
    captured: Animation | None = None,
    view: View | None = None,
    height: int = HEIGHT,
) -> None:
    """Write an animation as an .mp4, in one step; with the captured motion beside it, where it is given.

    height: of a panel, in pixels. Raises ConfigError, AnimationError for motion that doesn't compare, RenderError
    where this machine can't draw or ffmpeg fails, ArtefactError where the file can't be written.
    """
    check_suffix(output)
    check_drawing()
    check_encoding()
    check_writable(output)
    sound = animation.sound or (captured.sound if captured else None)
    if captured is not None:
        animation, captured = matched([animation, captured])
    animation = replace(animation, sound=sound)
    refuse_input(output, Path(sound.path) if sound else None)
    _say_what_differs(animation)
    film = Film(animation, captured, view or View(), height)
    with closing(film), new_file(output) as temporary:
        heard = Path(sound.path) if sound else None
        with Encoder(temporary, film.size, animation.fps, animation.n_frames, heard) as encoder:
            for frame in film.frames():
                encoder.write(frame)


class Film:
    """The frames of a video: a header with labels, the panels, and the strip. size: width and height, even numbers."""

    def __init__(self, animation: Animation, captured: Animation | None, view: View, height: int) -> None:
        """Raises RenderError where this machine can't draw."""
        self._n_frames = animation.n_frames
        width = even(height * (_ALONE if captured is None else _OF_THREE))
        self._panels: Alone | Compared
        if captured is None:
            self._panels, bar = Alone(animation, view, width, height), None
        else:
            self._panels = Compared(animation, captured, view, width, height)
            bar = shown_length(self._panels.scale, animation.unit)
        labels = self._panels.labels
        header = header_picture(labels, width, round(height * _HEADER), bar)
        self._top, self._bottom = len(header), len(header) + height
        self._strip = Strip(animation, width * len(labels), height / HEIGHT)
        self.size = width * len(labels), even(self._bottom + self._strip.height)
        self._picture = np.full((self.size[1], self.size[0], 3), BACKGROUND, np.uint8)
        self._picture[: self._top] = header

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """All frames (height, width, 3), each until the next one."""
        below = self._picture[self._bottom : self._bottom + self._strip.height]
        for n in range(self._n_frames):
            self._picture[self._top : self._bottom] = self._panels.draw(n)
            if self._strip.height:
                self._strip.put(n, below)
            yield self._picture

    def close(self) -> None:
        """Free what the driver holds."""
        self._panels.close()


def header_picture(labels: Sequence[str], width: int, height: int, bar: str | None) -> NDArray[np.uint8]:
    """The labels of panels, and beside the last one a colour bar whose end is labelled `bar`."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width * len(labels), height), BACKGROUND)
    pen = ImageDraw.Draw(image)
    size = max(6, round(0.42 * height))
    for place, label in enumerate(labels):
        left = place * width + size
        with_bar = bar is not None and place == len(labels) - 1
        text = shortened(plain(label), width / (3 if with_bar else 1) - 2 * size, size)
        pen.text((left, height / 2), text, INK, font(size), anchor="lm")
        if with_bar:
            top = round(0.32 * height)
            box = place * width + width // 3, top, (place + 1) * width - size, height - top
            draw_colour_bar(image, box, bar or "", round(0.8 * size))
    return np.asarray(image)


def check_suffix(output: Path) -> None:
    """Raise ConfigError where a video is not to be an .mp4."""
    if output.suffix.lower() != ".mp4":
        raise ConfigError("videos are written as .mp4", where=output, fix=f"name it {output.stem}.mp4")


def even(length: float) -> int:
    """The next even number: H.264 halves the colours' resolution."""
    return 2 * int(np.ceil(length / 2))


def _say_what_differs(animation: Animation) -> None:
    if not len(animation.faces):
        _log.warning("%s: has no faces, so its vertices are drawn as points", animation.name)
    say_what_sound_lacks(animation)
