"""A recording of raw_audio_fixed.pkl as the bytes of a WAV file, at its own sample rate."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpora.data_pickle import PickledArray, number
from kmtalk_align.errors import CorpusError

_LOUDEST_INT16 = 32_768
# Samples of a float recording lie in [-1, 1], or a little over; those that reach thousands are of 16 bits.
_LOUDEST_FLOAT = 2.0
_MOST_CHANNELS = 2


def wav_of(samples: NDArray[np.generic], rate: int) -> bytes:
    """Samples (S,) or (S, channels) as a WAV file.

    16-bit samples stay such, and floats in [-1, 1] too. Others count in steps of 16 bits, as VOCA's own loader takes
    them (utils/audio_handler.py, `astype('int16')`), but 32-bit samples that need their bits. Raises CorpusError.
    """
    from scipy.io import wavfile

    if samples.ndim not in (1, 2) or (samples.ndim == 2 and not 1 <= samples.shape[1] <= _MOST_CHANNELS):
        raise CorpusError(f"audio has shape {samples.shape}, not (S,) or (S, channels)")
    if samples.size == 0:
        raise CorpusError("audio holds no samples")
    if samples.dtype.kind not in "if" or samples.dtype.itemsize < 2:
        raise CorpusError(f"audio is {samples.dtype}, not 16-bit, 32-bit or float samples")
    content = io.BytesIO()
    wavfile.write(content, rate, _stored(samples))
    return content.getvalue()


def recording_of(entry: object) -> tuple[NDArray[np.generic], int]:
    """Samples and sample rate in Hz of ``{"audio": ..., "sample_rate": ...}``. Raises CorpusError."""
    if not isinstance(entry, dict) or "audio" not in entry or "sample_rate" not in entry:
        raise CorpusError("holds no `audio` with its `sample_rate`")
    try:
        audio, rate = entry["audio"], number(entry["sample_rate"])
        samples = audio.values() if isinstance(audio, PickledArray) else None
    except Exception as error:  # as malformed as its file
        raise CorpusError(f"is malformed ({type(error).__name__}: {error})") from error
    if samples is None:
        raise CorpusError("its audio is not an array of numbers")
    if rate is None or not 1 <= rate < 2**31 or rate != int(rate):
        raise CorpusError(f"its sample rate is {rate!r}")
    return samples, int(rate)


def _stored(samples: NDArray[np.generic]) -> NDArray[np.generic]:
    values = samples.astype(np.float64)
    if not np.isfinite(values).all():
        raise CorpusError("audio holds NaN or infinite samples")
    loudest = float(np.abs(values).max())
    if samples.dtype.kind == "f" and loudest <= _LOUDEST_FLOAT:
        return samples.astype(np.float64 if samples.dtype.itemsize == 8 else np.float32)
    if loudest <= _LOUDEST_INT16:
        return np.clip(np.round(values), -_LOUDEST_INT16, _LOUDEST_INT16 - 1).astype(np.int16)
    if samples.dtype.kind == "i" and loudest <= 2**31:
        return samples.astype(np.int32)
    raise CorpusError(f"audio reaches {loudest:g}, which are neither floats in [-1, 1] nor 16-bit samples")
