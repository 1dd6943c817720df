"""The command `kmtalk`: the commands of kmtalk_align, and those of kmtalk_model. Each module here adds some to it."""

from kmtalk_align.cli import app, main
from kmtalk_model.cli import animate, doctor, evaluate, export, features, predict, render, report, train, view

__all__ = [
    "animate",
    "app",
    "doctor",
    "evaluate",
    "export",
    "features",
    "main",
    "predict",
    "render",
    "report",
    "train",
    "view",
]
