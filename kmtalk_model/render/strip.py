"""The strip below a video: words, phones and key frames run past a mark that stands for now.

All of it is drawn once; a frame of the video is a part of that picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.phones import is_silence
from kmtalk_model.animation import Animation
from kmtalk_model.render.text import INK, fitting, font, plain

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    from kmtalk_align.aligners.base import Interval

_PAPER, _EDGE = (235, 238, 242), (196, 202, 210)
_WORD, _PHONE, _NOW = (255, 255, 255), (222, 232, 244), (204, 30, 52)
KEY_FRAME = (0, 96, 178)
# At a scale of 1: pixels a second, and the heights of a row, its gap and its text.
_SPEED, _ROW, _GAP, _TEXT = 300.0, 26, 4, 14


class Strip:
    """The words, phones and key frames of an animation as a picture that runs by.

    width, height: in pixels; height is 0 where neither is known. Frame n lies `step` pixels to the right of frame
    n - 1, so that it always runs by whole pixels.
    """

    def __init__(self, animation: Animation, width: int, scale: float) -> None:
        self.width, self._scale = width, scale
        self.step = max(1, round(_SPEED * scale / animation.fps))
        rows = [name for name, known in _known(animation).items() if known]
        self.height = self._px(_GAP) + len(rows) * self._px(_ROW + _GAP) if rows else 0
        self._captions = self._drawn_captions(rows)
        # Where now is: in the middle of what runs.
        self.now = (self._captions.shape[1] + width) // 2
        self._long = self._drawn(animation, rows)

    def put(self, frame: int, target: NDArray[np.uint8]) -> None:
        """Put the strip at a frame into a picture (height, width, 3)."""
        first = self._captions.shape[1]
        start = frame * self.step
        target[:, first:] = self._long[:, start + first : start + self.width]
        target[:, :first] = self._captions
        target[:, self.now : self.now + self._px(2)] = _NOW

    def _px(self, length: float) -> int:
        return max(1, round(length * self._scale))

    def _drawn_captions(self, rows: Sequence[str]) -> NDArray[np.uint8]:
        from PIL import Image, ImageDraw

        face = font(self._px(0.8 * _TEXT))
        width = max((round(face.getlength(row)) for row in rows), default=0) + 4 * self._px(_GAP)
        image = Image.new("RGB", (min(width, self.width // 2), max(1, self.height)), _PAPER)
        pen = ImageDraw.Draw(image)
        for place, row in enumerate(rows):
            top, bottom = self._edges(place)
            pen.text((2 * self._px(_GAP), (top + bottom) / 2), row, INK, face, anchor="lm")
        return np.asarray(image)

    def _drawn(self, animation: Animation, rows: Sequence[str]) -> NDArray[np.uint8]:
        """All of it: frame n lies at `now` + n * step."""
        from PIL import Image, ImageDraw

        length = (animation.n_frames - 1) * self.step + self.width
        image = Image.new("RGB", (length, max(1, self.height)), _PAPER)
        pen = ImageDraw.Draw(image)
        for place, row in enumerate(rows):
            top, bottom = self._edges(place)
            if row == "words":
                self._intervals(pen, animation.words, animation.fps, (top, bottom), _WORD)
            elif row == "phones":
                self._intervals(pen, animation.phones, animation.fps, (top, bottom), _PHONE)
            else:
                self._key_frames(pen, animation, (top, bottom))
        return np.asarray(image)

    def _intervals(
        self,
        pen: ImageDraw,
        intervals: Sequence[Interval],
        fps: float,
        edges: tuple[int, int],
        colour: tuple[int, int, int],
    ) -> None:
        for one in intervals:
            if is_silence(one.label):
                continue
            left, right = (self.now + time_s * fps * self.step for time_s in (one.start_s, one.end_s))
            pen.rectangle((round(left), edges[0], max(round(left), round(right) - 1), edges[1]), colour, _EDGE)
            label = plain(one.label)
            face = fitting(label, right - left - 2, self._px(_TEXT))
            pen.text(((left + right) / 2, sum(edges) / 2), label, INK, face, anchor="mm")

    def _key_frames(self, pen: ImageDraw, animation: Animation, edges: tuple[int, int]) -> None:
        middle, half = sum(edges) / 2, self._px(0.25 * _ROW)
        last = self.now + (animation.n_frames - 1) * self.step
        pen.line((self.now, middle, last, middle), _EDGE, self._px(1))
        for frame in animation.key_frames.tolist():
            x = self.now + frame * self.step
            pen.polygon([(x - half, middle), (x, middle - half), (x + half, middle), (x, middle + half)], KEY_FRAME)

    def _edges(self, place: int) -> tuple[int, int]:
        """The first and the last line of a row."""
        top = self._px(_GAP) + place * self._px(_ROW + _GAP)
        return top, top + self._px(_ROW) - 1


def _known(animation: Animation) -> dict[str, bool]:
    return {
        "words": any(not is_silence(one.label) for one in animation.words),
        "phones": any(not is_silence(one.label) for one in animation.phones),
        "key frames": len(animation.key_frames) > 0,
    }
