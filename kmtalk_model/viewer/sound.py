"""The recording of an animation as FLAC: without loss, exact to a sample, and played by every current browser."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.audio import decode_to_listen

_FRAME = 4096


def flac(path: Path, duration_s: float) -> bytes:
    """The first `duration_s` of a recording, at its own rate, with silence after it where it is shorter.

    So it ends with the animation, and its clock is the animation's. Raises AudioError.
    """
    samples, rate = decode_to_listen(path)
    wanted = round(duration_s * rate)
    ending = np.zeros((len(samples), max(wanted - samples.shape[1], 0)), np.int16)
    return _encoded(np.concatenate([samples[:, :wanted], ending], axis=1), rate)


def _encoded(samples: NDArray[np.int16], rate: int) -> bytes:
    import av

    file = io.BytesIO()
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout=layout)
        for start in range(0, samples.shape[1], _FRAME):
            packed = np.ascontiguousarray(samples[:, start : start + _FRAME].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
