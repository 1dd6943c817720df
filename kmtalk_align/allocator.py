"""Keeping freed memory within the process, which makes large networks faster on a CPU."""

from __future__ import annotations

import ctypes
import sys

# mallopt's parameters, from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Tell glibc to reuse large blocks instead of giving them back to the kernel; does nothing elsewhere.

    CTranslate2 allocates and frees tens of megabytes for each attention layer, and so does a training step. By default
    glibc maps each anew, and the kernel clears the pages each time: 30 % of the time that tiny.en takes on one core
    (measured: 0.53 s to 0.37 s a window, peak memory 247 to 316 MB), 22 % of a step of the motion completion.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, _NEVER)
