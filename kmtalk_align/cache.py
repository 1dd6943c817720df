"""KMTalk's own cache: what is made once and can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder of the environment's KMTALK_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path

    given = os.environ.get("KMTALK_CACHE")
    return Path(given).expanduser() if given else user_cache_path("kmtalk")
