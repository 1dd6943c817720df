"""Where training runs, which is no part of an experiment. Without Lightning, for commands that only say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """accelerator and devices as Lightning names them; workers: processes that read clips, 0 for none of their own."""

    accelerator: str = "auto"
    devices: int = 1
    workers: int = 0
