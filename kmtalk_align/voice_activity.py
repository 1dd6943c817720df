"""Where somebody speaks: Silero's voice activity detector, as faster-whisper carries it (MIT, 2 MB, no download)."""

from __future__ import annotations

from dataclasses import dataclass

from kmtalk_align.audio import SAMPLE_RATE, Samples

# A window of Whisper is 30 s; a little less leaves room for the padding around speech.
WINDOW_S = 29.0


@dataclass(frozen=True)
class Span:
    """A stretch of a recording, in seconds."""

    start_s: float
    end_s: float

    def of(self, samples: Samples) -> Samples:
        """The samples of this stretch."""
        return samples[round(self.start_s * SAMPLE_RATE) : round(self.end_s * SAMPLE_RATE)]


def speech_span(samples: Samples, before_s: float, after_s: float) -> Span | None:
    """From the first speech in a recording (S,) to the last, and some seconds before and after; None for no speech."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    found = get_speech_timestamps(samples, VadOptions(speech_pad_ms=0, min_silence_duration_ms=100))
    if not found:
        return None
    start_s, end_s = found[0]["start"] / SAMPLE_RATE, found[-1]["end"] / SAMPLE_RATE
    return Span(max(0.0, start_s - before_s), min(len(samples) / SAMPLE_RATE, end_s + after_s))


def speech_windows(samples: Samples, window_s: float = WINDOW_S) -> list[Span]:
    """Stretches of at most `window_s` that hold all the speech of a recording (S,), cut at pauses; [] for none.

    A recording that fits in one window is one stretch from end to end, since context helps a recogniser.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=300, speech_pad_ms=200, max_speech_duration_s=window_s - 1)
    found = get_speech_timestamps(samples, options)
    speech = [Span(one["start"] / SAMPLE_RATE, one["end"] / SAMPLE_RATE) for one in found]
    if not speech:
        return []
    duration_s = len(samples) / SAMPLE_RATE
    if duration_s <= window_s:
        return [Span(0.0, duration_s)]
    windows = [speech[0]]
    for span in speech[1:]:
        if span.end_s - windows[-1].start_s <= window_s:
            windows[-1] = Span(windows[-1].start_s, span.end_s)
        else:
            windows.append(span)
    return windows
