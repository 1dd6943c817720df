"""Cues as Rhubarb Lip Sync writes them: TSV of starts, or JSON of starts and ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from kmtalk_align.aligners.base import Interval
from kmtalk_align.audio import SAMPLE_RATE, measure
from kmtalk_align.errors import AnimationError, ConfigError
from kmtalk_align.files import check_writable, refuse_input, write_bytes
from kmtalk_align.textgrid import read_textgrid
from kmtalk_model.export.visemes.cues import PER_SECOND, Cue, cues_of
from kmtalk_model.export.visemes.sets import viseme_set
from kmtalk_model.open_animation import open_animation

SUFFIXES = (".tsv", ".json")
# Boundaries of neighbours may cross by rounding.
_CROSSING_S = 1e-6


def write_visemes(
    alignment: Path, output: Path, *, visemes: str, phones: Sequence[str] = (), audio: Path | None = None
) -> list[Cue]:
    """Write the visemes of an alignment, a TextGrid or an animation with phones (.npz), as .tsv or .json.

    visemes: the set's name; phones: those of the user's own, PHONE=VISEME; audio: the recording, which ends the last
    cue, and which JSON names. Raises ConfigError, TextGridError, AnimationError, AudioError or ArtefactError.
    """
    if output.suffix not in SUFFIXES:
        raise ConfigError("is neither .tsv nor .json", where=output, fix=f"name it {output.stem}.tsv")
    known = viseme_set(visemes).with_phones(phones)
    check_writable(output)
    refuse_input(output, alignment)
    intervals, duration_s, sound = _open(alignment, audio)
    cues = cues_of(intervals, duration_s, known)
    text = _tsv(cues, known.silence) if output.suffix == ".tsv" else _json(cues, sound)
    write_bytes(output, text.encode())
    return cues


def _open(alignment: Path, audio: Path | None) -> tuple[Sequence[Interval], float, Path | None]:
    """Phones, the seconds they are said in, and the recording where it is known."""
    if alignment.suffix.lower() == ".npz":
        animation = open_animation(alignment, audio=audio)
        if not animation.phones:
            raise AnimationError("holds no phones", where=alignment, fix="give a TextGrid of its recording")
        for before, after in pairwise(animation.phones):
            if after.start_s < before.end_s - _CROSSING_S:
                raise AnimationError(
                    f"its phones are not in order, or overlap: {after.label!r} starts at {after.start_s:g} s, "
                    f"{before.label!r} ends at {before.end_s:g} s",
                    where=alignment,
                    fix="give a TextGrid of its recording",
                )
        sound = animation.sound
        duration_s = sound.samples / SAMPLE_RATE if sound else animation.duration_s
        return animation.phones, duration_s, Path(sound.path) if sound else None
    if audio is None:
        found = read_textgrid(alignment)
        return found.phones, found.duration_s, None
    duration_s = measure(audio).duration_s
    return read_textgrid(alignment, duration_s=duration_s).phones, duration_s, audio


def _tsv(cues: Sequence[Cue], silence: str) -> str:
    """When each starts; the last line is the end."""
    lines = [f"{_seconds(one.start)}\t{one.viseme}\n" for one in cues]
    return "".join([*lines, f"{_seconds(cues[-1].end if cues else 0)}\t{silence}\n"])


def _json(cues: Sequence[Cue], sound: Path | None) -> str:
    name = json.dumps(str(sound.resolve()) if sound else "", ensure_ascii=False)
    rows = [
        f'    {{ "start": {_seconds(one.start)}, "end": {_seconds(one.end)}, "value": "{one.viseme}" }}' for one in cues
    ]
    duration = _seconds(cues[-1].end if cues else 0)
    metadata = f'  "metadata": {{\n    "soundFile": {name},\n    "duration": {duration}\n  }}'
    return f'{{\n{metadata},\n  "mouthCues": [\n' + ",\n".join(rows) + "\n  ]\n}\n"


def _seconds(hundredths: int) -> str:
    return f"{hundredths // PER_SECOND}.{hundredths % PER_SECOND:02}"
