"""How the training of a run's stages went, as a picture: loss and validation error by epoch."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmtalk_align.errors import ArtefactError
from kmtalk_align.plotting import COLOURS, figure
from kmtalk_model.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HISTORY, STAGE = "metrics.csv", "stage.json"
_LOSS, _TRAIN, _VAL = "train/loss", "train/", "val/lve"


@dataclass(frozen=True)
class Curves:
    """What was measured of a stage after each epoch.

    epochs: from 1, as in the model card; loss: on the split train; terms: what each term adds to it; lve: on val, in
    squared `unit`; best: the epoch whose weights were kept; kept: LVE of these by split.
    """

    stage: str
    epochs: Sequence[float]
    loss: Sequence[float]
    terms: Mapping[str, Sequence[float]]
    lve: Sequence[float]
    unit: str
    best: int
    kept: Mapping[str, float]

    @classmethod
    def read(cls, folder: Path, stage: str) -> Curves:
        """Those of a trained stage. Raises ArtefactError where its history is missing or malformed."""
        made, rows = _record(folder / STAGE), _rows(folder / HISTORY)
        try:
            weights = made["recipe"][stage]["losses"]
            columns = {name: [float(row[name] or math.nan) for row in rows] for name in rows[0]}
            terms = {
                name.removeprefix(_TRAIN): [weights[name.removeprefix(_TRAIN)] * value for value in values]
                for name, values in columns.items()
                if name.startswith(_TRAIN) and name != _LOSS
            }
            return cls(
                stage=stage,
                epochs=[number + 1 for number in columns["epoch"]],
                loss=columns[_LOSS],
                terms=terms,
                lve=columns[_VAL],
                unit=str(made["corpus"]["unit"]),
                best=int(made["best_epoch"]) + 1,
                kept=dict(made["lve"]),
            )
        except (LookupError, TypeError, ValueError) as error:
            raise ArtefactError(
                f"does not fit its {STAGE} ({type(error).__name__}: {error})",
                where=folder / HISTORY,
                fix="train the stage again: both are written by it",
            ) from error


def draw_curves(run: Path, form: str) -> bytes:
    """The stages of a run, a row each; form: one of plotting.FORMATS.

    Raises ArtefactError where something is missing.
    """
    opened = RunFolder.load(run)
    stages = [Curves.read(opened.stage(name), name) for name in opened.run.stages]
    with figure(10, 0.3 + 2.9 * len(stages), columns=2, rows=len(stages), form=form) as (drawn, axes, buffer):
        for place, curves in enumerate(stages):
            _loss(axes[2 * place], curves)
            _error(axes[2 * place + 1], curves)
        drawn.suptitle(opened.run.name, fontsize=10)
    return buffer.getvalue()


def _loss(axis: Axes, curves: Curves) -> None:
    axis.plot(curves.epochs, curves.loss, color="black", linewidth=1.8, marker="o", markersize=3, label="loss")
    for colour, (name, values) in zip(COLOURS, curves.terms.items(), strict=False):
        axis.plot(curves.epochs, values, color=colour, linewidth=1.1, marker="o", markersize=2, label=name)
    axis.set(title=f"{curves.stage}: loss on train, and what its terms add", yscale="log")
    _mark(axis, curves)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)


def _error(axis: Axes, curves: Curves) -> None:
    unit = f"{curves.unit}²"
    axis.plot(curves.epochs, curves.lve, color=COLOURS[0], marker="o", markersize=3, label="val")
    for colour, (split, value) in zip((COLOURS[1], COLOURS[0]), sorted(curves.kept.items()), strict=False):
        label = f"{split}, weights kept: {value:.3g}"
        axis.plot(curves.best, value, "D", color=colour, markersize=6, markerfacecolor="white", label=label)
    axis.set(title=f"{curves.stage}: lip vertex error (LVE)", ylabel=unit, yscale="log")
    _mark(axis, curves)
    axis.legend(loc="upper right", fontsize=8, frameon=True, framealpha=1, edgecolor="none")


def _mark(axis: Axes, curves: Curves) -> None:
    """The epoch whose weights were kept."""
    from matplotlib.ticker import MaxNLocator

    axis.axvline(curves.best, color="0.5", linewidth=0.9, linestyle="--", zorder=0, label=f"epoch {curves.best}, kept")
    axis.set_xlabel("epoch")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _record(path: Path) -> Mapping[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ArtefactError(f"cannot be read ({error})", where=path, fix="train the stage first") from error
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, restkey=""))
    except (OSError, ValueError, csv.Error) as error:
        raise ArtefactError(
            f"cannot be read ({error})", where=path, fix="the training of the stage leaves it there: train it again"
        ) from error
    if not rows:
        raise ArtefactError("holds no epoch", where=path, fix="train the stage again")
    return rows
