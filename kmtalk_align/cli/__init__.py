"""The steps from speech to key frames as commands."""

from kmtalk_align.cli import export, localize, look, speakers, stages
from kmtalk_align.cli.app import app, main

__all__ = ["app", "export", "localize", "look", "main", "speakers", "stages"]
