"""`kmtalk figure`: an animation at telling moments, above the captured motion and the error, as in the paper's Fig. 3.

With the captured motion a last column shows the mean over the clip, errors too, as its Fig. 4 does.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.errors import ConfigError
from kmtalk_align.files import check_writable, new_file
from kmtalk_model.animation import Animation
from kmtalk_model.render.camera import View
from kmtalk_model.render.machine import check_drawing
from kmtalk_model.render.moments import Moment, moments_at, telling_moments
from kmtalk_model.render.panels import Alone, Compared
from kmtalk_model.render.scene import BACKGROUND
from kmtalk_model.render.text import plain
from kmtalk_model.side_by_side import COLOUR_MAP, error_scale, matched, vertex_error
from kmtalk_model.unit import shown_length

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Picture = NDArray[np.uint8]
SUFFIXES = (".png", ".pdf", ".svg")
HEIGHT = 400
_ASPECT = 0.8
# Inches: a panel's height, the titles' and the colour bar's, and the width of the labels.
_PANEL, _TITLE, _BAR, _LEFT = 1.5, 0.55, 0.5, 0.3
_MEAN = "mean of\nthe clip"


@dataclass(frozen=True)
class Row:
    """Pictures of one face, or of its errors, at all moments."""

    label: str
    pictures: Sequence[Picture]


def draw_figure(
    animations: Sequence[Animation],
    output: Path,
    *,
    captured: Animation | None = None,
    at_s: Sequence[float] = (),
    view: View | None = None,
    height: int = HEIGHT,
) -> list[Moment]:
    """Write animations of the same speech at the given times, or at moments chosen by phones; gives the moments.

    height: of a panel, in pixels. Raises as `render_video` does.
    """
    import matplotlib

    check_suffix(output)
    check_drawing()
    check_writable(output)
    cut = matched([*animations, captured] if captured else list(animations))
    predicted, truth = (cut[:-1], cut[-1]) if captured else (cut, None)
    moments = moments_at(predicted[0], at_s) if at_s else telling_moments(predicted[0])
    view, width = view or View(), round(height * _ASPECT)
    if truth is None:
        rows, scale = [_alone(one, moments, view, width, height) for one in predicted], None
    else:
        scale = error_scale([vertex_error(one, truth) for one in predicted])
        rows = _compared(predicted, truth, moments, view, (width, height), scale)
    titles = [_title(one, predicted[0].fps) for one in moments] + ([_MEAN] if truth else [])
    # A user's own matplotlibrc must not change the picture.
    with matplotlib.rc_context(), new_file(output) as temporary:
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.hashsalt": "kmtalk", "font.size": 8})
        # Without the time of making, so that equal faces are equal files.
        undated: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        figure = _laid_out(rows, titles, scale, predicted[0].unit)
        metadata = undated.get(output.suffix)
        figure.savefig(temporary, format=output.suffix[1:], dpi=height / _PANEL, metadata=metadata)
    return moments


def check_suffix(output: Path) -> None:
    """Raise ConfigError where a suffix names no format of figures."""
    if output.suffix not in SUFFIXES:
        raise ConfigError(
            f"figures are written as {', '.join(SUFFIXES)}", where=output, fix=f"name it {output.stem}.png"
        )


def _alone(animation: Animation, moments: Sequence[Moment], view: View, width: int, height: int) -> Row:
    with closing(Alone(animation, view, width, height)) as panels:
        return Row(animation.name, [panels.draw(one.frame).copy() for one in moments])


def _compared(
    predicted: Sequence[Animation],
    captured: Animation,
    moments: Sequence[Moment],
    view: View,
    size: tuple[int, int],
    scale: float,
) -> list[Row]:
    """The captured face first, then each prediction and its errors; the mean over the clip comes last."""
    rows: list[Row] = []
    for one in predicted:
        with closing(Compared(one, captured, view, *size, scale)) as panels:
            drawn = [panels.draw(moment.frame).copy() for moment in moments] + [panels.draw_mean().copy()]
        face, truth, errors = zip(*(np.split(picture, 3, axis=1) for picture in drawn), strict=True)
        if not rows:
            rows.append(Row(captured.name, truth))
        rows += [Row(one.name, face), Row("error", errors)]
    return rows


def _title(moment: Moment, fps: float) -> str:
    phone = f"/{moment.phone}/" if moment.phone else ""
    spoken = plain("  ".join(part for part in (moment.word, phone) if part))
    return f"{spoken}\n{moment.frame / fps:.2f} s"


def _laid_out(rows: Sequence[Row], titles: Sequence[str], scale: float | None, unit: str) -> Figure:
    """The pictures without gaps, titled above and labelled on the left; below, the colour bar of errors up to scale."""
    from matplotlib.figure import Figure

    below = _BAR if scale is not None else 0.05
    width, height = _LEFT + len(titles) * _PANEL * _ASPECT, _TITLE + len(rows) * _PANEL + below
    figure = Figure(figsize=(width, height), facecolor="#" + bytes(BACKGROUND).hex())
    edges = {"left": _LEFT / width, "right": 1, "top": 1 - _TITLE / height, "bottom": below / height}
    grid: Any = figure.subplots(len(rows), len(titles), squeeze=False, gridspec_kw={**edges, "wspace": 0, "hspace": 0})
    for row, axes in zip(rows, grid, strict=True):
        for picture, axis in zip(row.pictures, axes, strict=True):
            _put(axis, picture)
        axes[0].set_ylabel(plain(row.label), parse_math=False)
    for title, axis in zip(titles, grid[0], strict=True):
        axis.set_title(title, fontsize=8, parse_math=False)
    if scale is not None:
        _colour_bar(figure, scale, unit, height)
    return figure


def _put(axis: Axes, picture: Picture) -> None:
    axis.imshow(picture, aspect="auto", interpolation="antialiased")
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(False)


def _colour_bar(figure: Figure, scale: float, unit: str, height: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axis = figure.add_axes((0.35, 0.3 / height, 0.3, 0.1 / height))
    bar = figure.colorbar(ScalarMappable(Normalize(0, scale), COLOUR_MAP), cax=axis, orientation="horizontal")
    bar.set_ticks([0, scale / 2, scale], labels=["0", shown_length(scale / 2, unit), shown_length(scale, unit)])
    bar.outline.set_visible(False)
    axis.set_ylabel("error", rotation=0, ha="right", va="center")
