"""The steps from speech to key frames as commands."""

from kmtalk_align.cli import capture, export, localize, look, speakers, stages
from kmtalk_align.cli.app import app, main

__all__ = ["app", "capture", "export", "localize", "look", "main", "speakers", "stages"]
