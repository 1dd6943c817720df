"""Where somebody speaks: windows of at most 30 s that hold all speech and are cut at pauses."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from kmtalk_align.audio import Samples, decode
from kmtalk_align.voice_activity import Span, speech_windows

RATE = 16_000
LONG_IDS = [f"slt_sentence{number:02d}" for number in range(1, 13)]


def joined(demo_root: Path, pause_s: float) -> tuple[Samples, list[Span]]:
    """Demo sentences in a row with pauses between them, and where each of their words lies."""
    parts: list[Samples] = []
    words: list[Span] = []
    at = 0.0
    for one in LONG_IDS:
        sound = decode(demo_root / "wav" / f"{one}.flac")
        with (demo_root / "words" / f"{one}.csv").open() as file:
            words += [Span(at + float(row["start_s"]), at + float(row["end_s"])) for row in csv.DictReader(file)]
        parts += [sound, np.zeros(round(pause_s * RATE), np.float32)]
        at += (len(parts[-2]) + len(parts[-1])) / RATE
    return np.concatenate(parts), words


@pytest.fixture(scope="module")
def long_speech(demo_root: Path) -> tuple[Samples, list[Span]]:
    return joined(demo_root, pause_s=0.8)


def test_a_span_gives_its_samples() -> None:
    samples = np.arange(RATE, dtype=np.float32)
    np.testing.assert_array_equal(Span(0.25, 0.5).of(samples), samples[4000:8000])


@pytest.mark.parametrize("length", [0, 5, 100, 2 * RATE])
def test_silence_has_no_window(length: int) -> None:
    assert speech_windows(np.zeros(length, np.float32)) == []


def test_a_hiss_has_no_window() -> None:
    hiss = 0.01 * np.random.default_rng(0).standard_normal(3 * RATE)
    assert speech_windows(hiss.astype(np.float32)) == []


def test_a_short_recording_is_one_window_from_end_to_end(demo_root: Path) -> None:
    samples = decode(demo_root / "wav" / "kal_sentence01.flac")
    assert speech_windows(samples) == [Span(0.0, len(samples) / RATE)]


def test_windows_of_a_long_recording_are_at_most_30_s(long_speech: tuple[Samples, list[Span]]) -> None:
    windows = speech_windows(long_speech[0])
    assert len(windows) > 1
    assert all(0 < window.end_s - window.start_s <= 30 for window in windows)


def test_windows_are_in_order_and_never_overlap(long_speech: tuple[Samples, list[Span]]) -> None:
    windows = speech_windows(long_speech[0])
    assert windows[0].start_s >= 0
    assert all(left.end_s <= right.start_s for left, right in itertools.pairwise(windows))
    assert windows[-1].end_s <= len(long_speech[0]) / RATE


def test_each_word_of_a_long_recording_lies_whole_in_one_window(long_speech: tuple[Samples, list[Span]]) -> None:
    samples, words = long_speech
    windows = speech_windows(samples)
    slack = 0.05
    outside = [
        word
        for word in words
        if not any(w.start_s <= word.start_s + slack and word.end_s - slack <= w.end_s for w in windows)
    ]
    assert outside == []


def test_speech_without_a_pause_is_cut_into_windows_of_at_most_30_s_too(demo_root: Path) -> None:
    samples, _ = joined(demo_root, pause_s=0.0)
    windows = speech_windows(samples)
    assert len(windows) > 1
    assert all(window.end_s - window.start_s <= 30 for window in windows)
    assert sum(window.end_s - window.start_s for window in windows) >= 0.9 * len(samples) / RATE


def test_windows_of_a_long_recording_leave_out_long_silence(demo_root: Path) -> None:
    speech = decode(demo_root / "wav" / "slt_sentence01.flac")
    silence = np.zeros(20 * RATE, np.float32)
    (window,) = speech_windows(np.concatenate([silence, speech, silence]))
    assert window.start_s == pytest.approx(20, abs=0.6)
    assert window.end_s == pytest.approx(20 + len(speech) / RATE, abs=0.6)
