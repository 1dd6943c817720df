"""The steps from speech to key frames as commands."""

from kmtalk_align.cli import localize, look, speakers, stages
from kmtalk_align.cli.app import app, main

__all__ = ["app", "localize", "look", "main", "speakers", "stages"]
