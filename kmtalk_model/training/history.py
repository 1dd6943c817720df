"""What was measured after each epoch: a table in the run's folder, and the bar that shows where training is."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm

from kmtalk_align.files import write_bytes


class History(Callback):
    """metrics.csv: a row an epoch, whole after each; what earlier epochs measured is kept when training goes on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Add the epoch's row."""
        measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.rows.append({"epoch": trainer.current_epoch, **dict(sorted(measured.items()))})
        if trainer.is_global_zero:
            text = io.StringIO()
            writer = csv.DictWriter(text, fieldnames=list(self.rows[-1]), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
            write_bytes(self._path, text.getvalue().encode())

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """What a checkpoint kept."""
        self.rows = state_dict["rows"]


class ProgressBar(TQDMProgressBar):
    """Lightning's bar of an epoch, on a terminal alone: a log would hold each of its steps."""

    def __init__(self) -> None:
        super().__init__(refresh_rate=int(sys.stdout.isatty()), leave=False)

    def init_validation_tqdm(self) -> Tqdm:
        """No bar of its own for validation, which takes a moment."""
        return Tqdm(disable=True)

    def get_metrics(self, *args: Any) -> dict[str, Any]:
        """What stands beside the bar: all but the version of Lightning's logger."""
        return {name: value for name, value in super().get_metrics(*args).items() if name != "v_num"}
