"""KMTalk's own cache: what is made once and can be made again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kmtalk_align.errors import ArtefactError


def cache_folder() -> Path:
    """The folder of the environment's KMTALK_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path

    given = os.environ.get("KMTALK_CACHE")
    return Path(given).expanduser() if given else user_cache_path("kmtalk")


@contextmanager
def filling_cache() -> Iterator[None]:
    """An ArtefactError of what is written within says how the cache is moved."""
    try:
        yield
    except ArtefactError as error:
        fix = "make it writable and make room there, or set KMTALK_CACHE to another folder"
        raise ArtefactError(error.what, where=error.where, fix=fix) from error
