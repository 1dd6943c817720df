"""Results as the workflow leaves them, made by hand: a shard with one utterance, and its motion."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmtalk_align.corpus import Motion, Utterance
from kmtalk_align.tables import ALIGNMENTS, CORPUS, KEY_FRAMES, TEXTGRID_STATUS, TRANSCRIPTS
from kmtalk_align.text import spoken_words

RUN = "asr.aligner.selector"
Tier = Sequence[tuple[float, float, str]]
WORDS: Tier = [(0.0, 0.5, "one")]
PHONES: Tier = [(0.0, 0.5, "AH"), (0.5, 1.0, "sil")]


def shard(
    results: Path,
    name: str,
    utterance_id: str,
    *,
    reference: str | None = "one two three",
    heard: str = "one two three",
    language: str = "en",
    key_frames: tuple[int, ...] = (0, 4, 9),
    source: str | None = "phoneme",
    status: str = "ok",
    message: str = "",
    unknown: tuple[str, ...] = (),
    run: str = RUN,
    model: str = "m",
    words: Tier = WORDS,
    phones: Tier = PHONES,
    score: float | None = None,
    n_frames: int = 10,
    fps: float = 10.0,
    has_motion: bool = False,
) -> None:
    """The tables of a shard with one utterance, by default of ten frames, 0.5 s of which are speech."""
    asr, aligner, _ = run.split(".")
    aligned = f"{asr}.{aligner}"
    state: dict[str, Any] = {"utterance_id": utterance_id, "status": status, "message": message}
    one = Utterance(utterance_id, "s1", "train", "a.wav", n_frames=n_frames, fps=fps, duration_s=n_frames / fps)
    motion = Motion(f"{utterance_id}.npy", 0, n_frames, 1) if has_motion else None
    one = dataclasses.replace(one, transcript=reference, language=language, motion=motion)
    CORPUS.write(results / "corpus" / f"{name}.parquet", [dataclasses.asdict(one)])
    transcript = {"text": heard, "words": spoken_words(heard, language), "language": language, "model": model}
    TRANSCRIPTS.write(results / "transcripts" / asr / f"{name}.parquet", [state | transcript])
    made: dict[str, Any] = {"unknown_words": list(unknown), "score": score}
    TEXTGRID_STATUS.write(results / "textgrids" / aligned / f"{name}.status.parquet", [state | made])
    rows: list[dict[str, Any]] = [
        state | {"tier": tier, "start_s": start, "end_s": end, "label": label, "score": score, "phone_set": None}
        for tier, intervals in (("words", words), ("phones", phones))
        for start, end, label in intervals
    ]
    blank = state | dict.fromkeys(("tier", "start_s", "end_s", "label", "score", "phone_set"))
    ALIGNMENTS.write(
        results / "alignments" / aligned / f"{name}.parquet", rows if status == "ok" and not message else [blank]
    )
    keys = {"fps": fps, "n_frames": n_frames, "key_frames": list(key_frames), "source": source}
    KEY_FRAMES.write(results / "keyframes" / run / f"{name}.parquet", [state | keys])
    path = results / "corpus" / "corpus.json"
    known = json.loads(path.read_text())["shards"] if path.exists() else []
    say_of_corpus(results, shards=sorted({*known, name}))


def say_of_corpus(results: Path, **said: Any) -> None:
    """Put more into corpus.json."""
    path = results / "corpus" / "corpus.json"
    before = json.loads(path.read_text()) if path.exists() else {"name": "made", "fps": 10.0, "unit": "metre"}
    path.write_text(json.dumps(before | said))


def regular_phones(n: int, seconds: float = 0.2) -> Tier:
    """Silence, n phones of equal length, silence; at 25 fps a boundary every five frames, from frame 5 on."""
    return [
        (0.0, seconds, "SIL"),
        *((seconds * place, seconds * (place + 1), "AH") for place in range(1, n + 1)),
        (seconds * (n + 1), seconds * (n + 2), "SIL"),
    ]


def stepping_motion(frames: int, fast: Sequence[int], *, seed: int = 0) -> NDArray[np.float32]:
    """Vertices (frames, 4, 3) that creep, and leap from the frame before to the frame after each of `fast`."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(0.0, 0.01, (frames, 4, 3))
    for frame in fast:
        steps[frame : frame + 2] += 0.1
    return np.cumsum(steps, axis=0).astype(np.float32)
