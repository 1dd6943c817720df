"""The command `kmtalk`: the commands of kmtalk_align, and those of kmtalk_model. Each module here adds some to it."""

from kmtalk_align.cli import app, main
from kmtalk_model.cli import animate, evaluate, export, features, predict, render, train, view

__all__ = ["animate", "app", "evaluate", "export", "features", "main", "predict", "render", "train", "view"]
