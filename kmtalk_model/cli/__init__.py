"""The command `kmtalk`: the commands of kmtalk_align, and those of kmtalk_model. Each module here adds some to it."""

from kmtalk_align.cli import app, main
from kmtalk_model.cli import animate, evaluate, features, predict, report, train

__all__ = ["animate", "app", "evaluate", "features", "main", "predict", "report", "train"]
