"""The command `kmtalk`: it mounts the commands of kmtalk_align."""

from __future__ import annotations

from kmtalk_align.cli import app, main

__all__ = ["app", "main"]
