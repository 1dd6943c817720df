"""`kmtalk animate`, measured: the networks from cached features, and the whole command on a minute of speech.

    python tests/benchmarks/animate.py AUDIO... [--run RUN] [--work DIR] [--threads 2] [--transcript FILE]

AUDIO are recordings, which are put one after another, from the first again, until they last a minute. Nothing here is
asserted; the figures are printed. Without --run the networks have the sizes of the default preset and random weights,
which are as fast as trained ones.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from kmtalk_align.audio import SAMPLE_RATE, Samples, decode
from kmtalk_model.run_folder import Face, Run, RunFolder

FPS, SECONDS = 25.0, 60
FEATURES, VERTICES = 464, (468, 23_370)
PRESET = Path(__file__).parents[2] / "kmtalk_model" / "presets" / "default.yaml"
ENCODER = {
    "backend": "join",
    "parts": {
        "whisper": {"backend": "whisper", "model": "tiny.en", "outputs": ["layer_3"]},
        "logmel": {"backend": "logmel"},
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--work", type=Path, default=Path("benchmark-animate"), help="is emptied first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--transcript", type=Path, help="what a minute of AUDIO says: skips recognition")
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    made = {count: made_run(options.work / str(count), count) for count in VERTICES}
    for run in made.values():
        measure_networks(run, options.threads)
    recording = options.work / "minute.wav"
    write(recording, minute(options.audio))
    measure_command(options.run or made[VERTICES[0]].folder, recording, options)


def made_run(folder: Path, vertices: int) -> RunFolder:
    """A run of the default preset's sizes with random weights."""
    import torch
    import yaml

    from kmtalk_model.networks.completion import MotionCompletion
    from kmtalk_model.networks.config import CompletionConfig, KeyMotionConfig
    from kmtalk_model.networks.key_motion import KeyMotionDecoder

    sizes: dict[str, Any] = yaml.safe_load(PRESET.read_text(encoding="utf-8"))
    common = {"vertices": vertices, "features": FEATURES}
    networks: dict[str, Any] = {
        "key_motion": KeyMotionDecoder(KeyMotionConfig(**common, **sizes["key_motion"]["network"])),
        "completion": MotionCompletion(CompletionConfig(**common, **sizes["completion"]["network"])),
    }
    for name, network in networks.items():
        torch.nn.init.normal_(network.decoder.head.weight, std=0.01)
        torch.nn.init.normal_(network.motion.basis, std=1e-4)
        network.save_pretrained(folder / name)
    run = Run(
        name="random weights",
        system="kmtalk",
        experiment={"key_motions_from": "key_motion", "completion": {"method": "network"}},
        stages={name: name for name in networks},
        encoder=ENCODER,
        asr={"backend": "faster_whisper", "model": "tiny.en"},
        aligner={"backend": "pocketsphinx"},
        selector={"kind": "phoneme"},
        resample="interpolate",
        face=Face(FPS, "m", vertices),
        corpus="made up",
    )
    face = np.random.default_rng(0).standard_normal((vertices, 3)).astype(np.float32)
    return RunFolder.write(folder, run, {"one": face})


def measure_networks(run: RunFolder, threads: int) -> None:
    """Both networks over a minute of features with a third of the frames as key frames, windows and all."""
    import torch

    from kmtalk_model.system import System
    from kmtalk_model.windows import Windows, predict

    torch.set_num_threads(threads)
    features = np.random.default_rng(0).standard_normal((round(SECONDS * FPS), FEATURES)).astype(np.float32)
    keys, system = np.arange(0, len(features), 3, dtype=np.int32), System.from_run(run)
    seconds = []
    for _ in range(4):
        begin = time.perf_counter()
        predict(system, features, keys, FPS, parts=Windows())
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds[1:])
    print(
        f"both networks, {run.run.face.vertex_count:,} vertices: {SECONDS} s of motion in {median:.2f} s, "
        f"{SECONDS / median:.0f} times as fast as it plays ({threads} threads, the first of 4 left out)"
    )


def minute(paths: list[Path]) -> Samples:
    """A minute of speech."""
    parts: list[Samples] = []
    for path in itertools.cycle(paths):
        parts.append(decode(path))
        if sum(map(len, parts)) >= SECONDS * SAMPLE_RATE:
            break
    return np.concatenate(parts)[: SECONDS * SAMPLE_RATE]


def write(path: Path, samples: Samples) -> None:
    """Write a recording at 16 kHz."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SAMPLE_RATE)


def measure_command(run: Path, recording: Path, options: argparse.Namespace) -> None:
    """The command from a cold start: a process of its own, which says the time of each stage."""
    command = [sys.executable, "-c", "from kmtalk_model.cli import main; main()", "animate", str(recording)]
    command += ["--run", str(run), "-o", str(options.work / "out.npz"), "--threads", str(options.threads)]
    if options.transcript:
        command += ["--transcript", str(options.transcript)]
    begin = time.perf_counter()
    subprocess.run(command, check=True)
    wall = time.perf_counter() - begin
    print(f"kmtalk animate from a cold start: {wall:.1f} s for {SECONDS} s, {SECONDS / wall:.1f} times real time")


if __name__ == "__main__":
    main()
