"""Numbers as text within a page: small, and read by any browser without a library."""

from __future__ import annotations

import base64
import zlib

import numpy as np
from numpy.typing import NDArray

_LEVEL = 6


def pack(content: bytes) -> str:
    """Bytes, deflated (zlib's format) and in base64."""
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode("ascii")


def pack_motion(codes: NDArray[np.uint16]) -> str:
    """Motion (T, V, 3) as each frame's difference from the one before, the first's from nought.

    Differences are small, of either sign: zigzag (0, -1, 1, -2, ... become 0, 1, 2, 3, ...) makes their high bytes
    nought. Frame by frame x, y and z by themselves, all low bytes before all high ones: a fifth of its size at best.
    """
    planes = codes.transpose(0, 2, 1)
    steps = np.diff(planes, axis=0, prepend=np.zeros_like(planes[:1])).view(np.int16)
    folded = ((steps << 1) ^ (steps >> 15)).view(np.uint16)
    low, high = (folded & 0xFF).astype(np.uint8), (folded >> 8).astype(np.uint8)
    return pack(low.tobytes() + high.tobytes())


def pack_faces(faces: NDArray[np.integer]) -> str:
    """Triangles (F, 3) as 32-bit numbers, little-endian."""
    return pack(faces.astype("<u4").tobytes())
