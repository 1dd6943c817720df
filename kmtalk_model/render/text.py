"""Text and colour bars in pictures, set in DejaVu Sans, which comes with matplotlib and knows the IPA's letters."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kmtalk_model.render.colours import colour_table

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont

INK = (38, 42, 48)
_SMALLEST = 7
_ELLIPSIS = "…"
# Control characters, and the ends of lines and paragraphs.
_UNDRAWN = {"Cc", "Zl", "Zp"}


@cache
def font(size: int) -> FreeTypeFont:
    """The font, so many pixels high."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)


def plain(text: str) -> str:
    """The text on one line: characters that no font draws, such as line ends, are spaces."""
    return "".join(" " if unicodedata.category(one) in _UNDRAWN else one for one in text)


def shortened(text: str, width: float, size: int) -> str:
    """The text, its end left out where it is wider than so many pixels."""
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + _ELLIPSIS) > width:
        text = text[:-1]
    return text + _ELLIPSIS


def fitting(text: str, width: float, size: int) -> FreeTypeFont:
    """The font at the given size, or as much smaller as the text needs to be no wider than so many pixels."""
    while size > _SMALLEST and font(size).getlength(text) > width:
        size -= 1
    return font(size)


def draw_colour_bar(picture: Picture, box: tuple[int, int, int, int], end: str, size: int) -> None:
    """A colour bar from 0 to `end` into the box (left, top, right, bottom), with the labels beside it."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = box
    middle, gap = (top + bottom) / 2, size // 2
    face = font(size)
    left += round(face.getlength("0")) + gap
    right -= round(face.getlength(end)) + gap
    pen = ImageDraw.Draw(picture)
    pen.text((left - gap, middle), "0", INK, face, anchor="rm")
    pen.text((right + gap, middle), end, INK, face, anchor="lm")
    if right > left:
        table = np.broadcast_to(colour_table()[None], (max(1, bottom - top), 256, 3))
        picture.paste(Image.fromarray(np.ascontiguousarray(table)).resize((right - left, bottom - top)), (left, top))
